{{/* The chart's name. */}}
{{- define "relay.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* What all names begin with: the release's, with the chart's unless that is in it. Leaves room for the longest ending. */}}
{{- define "relay.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "relay.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "relay.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "relay.selectorLabels" -}}
app.kubernetes.io/name: {{ include "relay.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Of a process of the relay: neither of the Job that provisions nor of the test. */}}
{{- define "relay.processLabels" -}}
{{ include "relay.selectorLabels" . }}
app.kubernetes.io/component: relay
{{- end -}}

{{- define "relay.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "relay.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Metadata of a resource of Strimzi. */}}
{{- define "relay.strimziMetadata" -}}
{{- with .Values.strimzi.namespace }}
namespace: {{ . | quote }}
{{- end }}
labels:
  {{- include "relay.labels" . | nindent 2 }}
  strimzi.io/cluster: {{ .Values.strimzi.cluster | quote }}
{{- end -}}

{{- define "relay.image" -}}
{{- $name := list .Values.image.registry .Values.image.repository | compact | join "/" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $name .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "relay.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "relay.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* How the clients prove who they are: plaintext, ssl, scram-sha-512 or oauthbearer. */}}
{{- define "relay.login" -}}
{{- $security := .Values.config.kafka.security -}}
{{- ternary $security.mechanism $security.protocol (eq $security.protocol "sasl_ssl") -}}
{{- end -}}

{{/* Ports of the brokers, as a list in JSON: those that are said, else those of the addresses to begin with. */}}
{{- define "relay.brokerPorts" -}}
{{- $ports := .Values.networkPolicy.brokers.ports -}}
{{- if not $ports -}}
{{- range splitList "," .Values.config.kafka.bootstrap -}}
{{- $ports = append $ports (regexFind "[0-9]+$" . | atoi) -}}
{{- end -}}
{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}
