{{/* Names are quoted wherever they stand alone: `no` is Norway, and `1.` no number. */}}

{{/* Name of the KafkaUser of a member: its principal. Strimzi says `CN=` of certificates by itself. */}}
{{- define "relay.userName" -}}
{{- default .id .principal | trimPrefix "CN=" -}}
{{- end -}}

{{- define "relay.isEnabled" -}}
{{- ternary .enabled true (hasKey . "enabled") -}}
{{- end -}}

{{/* How the relay itself logs in, as Strimzi has it. */}}
{{- define "relay.ownUserType" -}}
{{- get (dict "ssl" "tls" "scram-sha-512" "scram-sha-512" "oauthbearer" "none") (include "relay.login" .) -}}
{{- end -}}

{{- define "relay.kafkaUser" -}}
---
apiVersion: kafka.strimzi.io/v1
kind: KafkaUser
metadata:
  name: {{ .name | quote }}
  {{- include "relay.strimziMetadata" .root | trim | nindent 2 }}
spec:
  {{- if ne .type "none" }}
  authentication:
    type: {{ .type }}
  {{- end }}
  authorization:
    type: simple
    acls:
      {{- .acls | nindent 6 }}
  quotas:
    {{- .quotas | nindent 4 }}
{{- end -}}

{{- define "relay.topicRule" -}}
- resource: {type: topic, name: {{ .name | quote }}, patternType: literal}
  operations: [{{ .operations }}]
{{- end -}}

{{- define "relay.memberRules" -}}
{{ include "relay.topicRule" (dict "name" (printf "detections.%s" .id) "operations" "Write") }}
{{ include "relay.topicRule" (dict "name" (printf "alerts.%s" .id) "operations" "Read") }}
{{ include "relay.topicRule" (dict "name" (printf "rejected.%s" .id) "operations" "Read") }}
- resource: {type: group, name: {{ printf "%s." .id | quote }}, patternType: prefix}
  operations: [Read]
{{- end -}}

{{- define "relay.memberQuotas" -}}
producerByteRate: {{ int64 .produce_bytes }}
consumerByteRate: {{ int64 .fetch_bytes }}
requestPercentage: {{ int .request_percent }}
{{- end -}}

{{- define "relay.ownRules" -}}
{{- $app := .Values.config.kafka.app -}}
{{ include "relay.topicRule" (dict "name" "relay.sightings" "operations" "Read, Write, DescribeConfigs") }}
{{ include "relay.topicRule" (dict "name" "relay.state" "operations" "Read, Write, DescribeConfigs") }}
{{- range .Values.members }}
{{ include "relay.topicRule" (dict "name" (printf "detections.%s" .id) "operations" "Read, DescribeConfigs") }}
{{ include "relay.topicRule" (dict "name" (printf "rejected.%s" .id) "operations" "Write, DescribeConfigs") }}
{{ include "relay.topicRule" (dict "name" (printf "alerts.%s" .id) "operations" "Write, DescribeConfigs") }}
- resource: {type: group, name: {{ printf "%s." .id | quote }}, patternType: prefix}
  operations: [Describe]
{{- end }}
- resource: {type: group, name: {{ printf "%s.ingest" $app | quote }}, patternType: literal}
  operations: [Read]
- resource: {type: group, name: {{ printf "%s.correlate" $app | quote }}, patternType: literal}
  operations: [Read]
- resource: {type: transactionalId, name: {{ printf "%s.correlate." $app | quote }}, patternType: prefix}
  operations: [Write]
- resource: {type: transactionalId, name: {{ printf "%s.canary." $app | quote }}, patternType: prefix}
  operations: [Write]
- resource: {type: transactionalId, name: {{ printf "%s.probe." $app | quote }}, patternType: prefix}
  operations: [Write]
- resource: {type: cluster}
  operations: [IdempotentWrite]
{{- end -}}

{{/* A KafkaUser holds no more than this; two gigabytes a second hold back no relay. */}}
{{- define "relay.ownQuotas" -}}
producerByteRate: 2147483647
consumerByteRate: 2147483647
requestPercentage: 2147483647
{{- end -}}
