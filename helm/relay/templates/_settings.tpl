{{- define "relay.secretsDir" -}}/run/secrets/relay{{- end -}}

{{/* relay.yaml of the relay: what was said, and where the chart has mounted the rest. */}}
{{- define "relay.settings" -}}
{{- $own := dict
      "members" "members.yaml"
      "state_dir" "/var/lib/relay/state"
      "key_secret_file" (printf "%s/key-secret" (include "relay.secretsDir" .))
      "http" (dict "host" .Values.listen)
      "kafka" (dict "security" (include "relay.securityFiles" .Values.secrets | fromYaml)) -}}
{{- mustMergeOverwrite (deepCopy .Values.config) $own | toYaml -}}
{{- end -}}

{{/* relay.yaml of the Job that provisions: the administrator's login, and nothing that is the relay's alone. */}}
{{- define "relay.provisionSettings" -}}
{{- $security := include "relay.securityFiles" (include "relay.provisionSecrets" . | fromYaml) | fromYaml -}}
{{- with .Values.provision.username }}{{ $_ := set $security "username" . }}{{ end -}}
{{- $own := dict "members" "members.yaml" "kafka" (dict "security" $security) -}}
{{- if .Values.provision.passwords -}}
{{- $_ := set $own "access" (dict "passwords_dir" (printf "%s/passwords" (include "relay.secretsDir" .))) -}}
{{- end -}}
{{- mustMergeOverwrite (deepCopy .Values.config) $own | toYaml -}}
{{- end -}}

{{- define "relay.provisionSecrets" -}}
{{- $secrets := deepCopy .Values.provision.secrets -}}
{{- if not $secrets.ca.name -}}{{- $_ := set $secrets "ca" .Values.secrets.ca -}}{{- end -}}
{{- toYaml $secrets -}}
{{- end -}}

{{- define "relay.register" -}}
{{- dict "version" 1 "members" .Values.members | toYaml -}}
{{- end -}}

{{/* The keys of kafka.security that name files, for the secrets that there are. */}}
{{- define "relay.securityFiles" -}}
{{- $dir := include "relay.secretsDir" . -}}
{{- $files := dict -}}
{{- if .ca.name -}}{{- $_ := set $files "ca_file" (printf "%s/ca.crt" $dir) -}}{{- end -}}
{{- if .certificate.name -}}
{{- $_ := set $files "cert_file" (printf "%s/tls.crt" $dir) -}}
{{- $_ := set $files "key_file" (printf "%s/tls.key" $dir) -}}
{{- end -}}
{{- if .password.name -}}{{- $_ := set $files "password_file" (printf "%s/password" $dir) -}}{{- end -}}
{{- if eq (include "relay.hasToken" .) "true" -}}{{- $_ := set $files "token_file" (printf "%s/token" $dir) -}}{{- end -}}
{{- toYaml $files -}}
{{- end -}}

{{- define "relay.hasToken" -}}
{{- or .token.name (dig "serviceAccount" "audience" "" .token) | empty | not -}}
{{- end -}}

{{/* The sources of a projected volume, for the secrets that there are. */}}
{{- define "relay.secretSources" -}}
{{- with .key }}
- secret:
    name: {{ .name | quote }}
    items:
      - {key: {{ .key | quote }}, path: key-secret}
{{- end }}
{{- if .ca.name }}
- secret:
    name: {{ .ca.name | quote }}
    items:
      - {key: {{ .ca.key | quote }}, path: ca.crt}
{{- end }}
{{- if .certificate.name }}
- secret:
    name: {{ .certificate.name | quote }}
    items:
      - {key: {{ .certificate.cert | quote }}, path: tls.crt}
      - {key: {{ .certificate.key | quote }}, path: tls.key}
{{- end }}
{{- if .password.name }}
- secret:
    name: {{ .password.name | quote }}
    items:
      - {key: {{ .password.key | quote }}, path: password}
{{- end }}
{{- if .token.name }}
- secret:
    name: {{ .token.name | quote }}
    items:
      - {key: {{ .token.key | quote }}, path: token}
{{- end }}
{{- with dig "serviceAccount" "audience" "" .token }}
- serviceAccountToken:
    audience: {{ . | quote }}
    expirationSeconds: {{ int $.token.serviceAccount.expirationSeconds }}
    path: token
{{- end }}
{{- end -}}
