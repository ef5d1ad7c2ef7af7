{{/* What pods of the chart have in common: no rights, no token, no links to Services. */}}
{{- define "relay.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "relay.containerSecurity" -}}
image: {{ include "relay.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
# Where relay.yaml is, so that `kubectl exec … relay doctor` finds it.
workingDir: /etc/relay
{{- end -}}

{{- define "relay.placement" -}}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* A Job or a test: small, and over soon. */}}
{{- define "relay.briefResources" -}}
requests: {cpu: 100m, memory: 256Mi, ephemeral-storage: 16Mi}
limits: {memory: 256Mi, ephemeral-storage: 64Mi}
{{- end -}}
