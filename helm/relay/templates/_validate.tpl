{{/* Every contradiction in the values, told at once. The schema has judged each value by itself. */}}
{{- define "relay.validate" -}}
{{- $wrong := concat
      (include "relay.wrongDeployment" . | fromJsonArray)
      (include "relay.wrongLogin" . | fromJsonArray)
      (include "relay.wrongStrimzi" . | fromJsonArray)
      (include "relay.wrongOptions" . | fromJsonArray) -}}
{{- if $wrong -}}
{{- printf "\nThe values contradict themselves:\n- %s" (join "\n- " $wrong) | fail -}}
{{- end -}}
{{- end -}}

{{- define "relay.wrongDeployment" -}}
{{- $wrong := list -}}
{{- $bootstrap := .Values.config.kafka.bootstrap -}}
{{- if not $bootstrap -}}
{{- $wrong = append $wrong "config.kafka.bootstrap is required: host:port of the brokers" -}}
{{- else if not (regexMatch "^([^,:]+|\\[[0-9a-fA-F:.]+\\]):[0-9]{1,5}(,([^,:]+|\\[[0-9a-fA-F:.]+\\]):[0-9]{1,5})*$" $bootstrap) -}}
{{- $wrong = append $wrong "config.kafka.bootstrap must be host:port, or several separated by commas" -}}
{{- end -}}
{{- if not .Values.members -}}
{{- $wrong = append $wrong "members is required: the register, at least one member" -}}
{{- end -}}
{{- $ids := list -}}
{{- $principals := list -}}
{{- range .Values.members -}}
{{- if has .id $ids -}}{{- $wrong = append $wrong (printf "members: two have the id %s" .id) -}}{{- end -}}
{{- $principal := default .id .principal -}}
{{- if has $principal $principals -}}{{- $wrong = append $wrong (printf "members: to the brokers two would be %s" $principal) -}}{{- end -}}
{{- $ids = append $ids .id -}}
{{- $principals = append $principals $principal -}}
{{- end -}}
{{- if not .Values.secrets.key.name -}}
{{- $wrong = append $wrong "secrets.key.name is required: the Secret with 16 to 64 random bytes, kept for the deployment's life" -}}
{{- end -}}
{{- toJson (uniq $wrong) -}}
{{- end -}}

{{/* The same as the relay says of kafka.security: what is missing beside the rest, or what nothing would read. */}}
{{- define "relay.wrongLogin" -}}
{{- $login := include "relay.login" . -}}
{{- $wrong := include "relay.wrongSecrets" (dict "login" $login "at" "secrets" "secrets" .Values.secrets "username" .Values.config.kafka.security.username "name" "config.kafka.security.username") | fromJsonArray -}}
{{- if and .Values.secrets.token.name .Values.secrets.token.serviceAccount.audience -}}
{{- $wrong = append $wrong "secrets.token: name and serviceAccount.audience exclude each other" -}}
{{- end -}}
{{- if .Values.provision.enabled -}}
{{- $wrong = include "relay.wrongSecrets" (dict "login" $login "at" "provision.secrets" "secrets" (include "relay.provisionSecrets" . | fromYaml) "username" .Values.provision.username "name" "provision.username") | fromJsonArray | concat $wrong -}}
{{- end -}}
{{- toJson $wrong -}}
{{- end -}}

{{- define "relay.wrongSecrets" -}}
{{- $wrong := list -}}
{{- $given := dict
      "ca" .secrets.ca.name
      "certificate" .secrets.certificate.name
      "password" .secrets.password.name
      "token" (ternary "token" "" (eq (include "relay.hasToken" .secrets) "true"))
      "username" .username -}}
{{- $needed := get (dict
      "plaintext" list
      "ssl" (list "certificate")
      "scram-sha-512" (list "password" "username")
      "oauthbearer" (list "token")) .login -}}
{{- $useless := get (dict
      "plaintext" (list "ca" "certificate" "password" "token" "username")
      "ssl" (list "password" "token" "username")
      "scram-sha-512" (list "token")
      "oauthbearer" (list "password" "username")) .login -}}
{{- range $needed -}}
{{- if not (get $given .) -}}
{{- $wrong = append $wrong (printf "%s is required with %s" (ternary $.name (printf "%s.%s.name" $.at .) (eq . "username")) $.login) -}}
{{- end -}}
{{- end -}}
{{- range $useless -}}
{{- if get $given . -}}
{{- $wrong = append $wrong (printf "%s is not read with %s: leave it out, or change config.kafka.security" (ternary $.name (printf "%s.%s.name" $.at .) (eq . "username")) $.login) -}}
{{- end -}}
{{- end -}}
{{- toJson $wrong -}}
{{- end -}}

{{- define "relay.wrongStrimzi" -}}
{{- $wrong := list -}}
{{- $strimzi := .Values.strimzi -}}
{{- $access := .Values.config.access -}}
{{- if and (or $strimzi.topics.enabled $strimzi.users.enabled) (not $strimzi.cluster) -}}
{{- $wrong = append $wrong "strimzi.cluster is required: the name of the Kafka resource" -}}
{{- end -}}
{{- if and $strimzi.topics.enabled .Values.provision.enabled -}}
{{- $wrong = append $wrong "strimzi.topics and provision exclude each other: topics have one maker" -}}
{{- end -}}
{{- if and $strimzi.users.enabled $access.manage -}}
{{- $wrong = append $wrong "strimzi.users and config.access.manage exclude each other: each would take away what the other grants" -}}
{{- end -}}
{{- if $strimzi.users.enabled -}}
{{- $wrong = include "relay.wrongUsers" . | fromJsonArray | concat $wrong -}}
{{- end -}}
{{- toJson $wrong -}}
{{- end -}}

{{- define "relay.wrongUsers" -}}
{{- $wrong := list -}}
{{- $access := .Values.config.access -}}
{{- $login := include "relay.login" . -}}
{{- if eq $login "plaintext" -}}
{{- $wrong = append $wrong "strimzi.users needs a login: config.kafka.security.protocol is plaintext" -}}
{{- end -}}
{{- if and (eq $login "scram-sha-512") .Values.config.kafka.security.username (ne .Values.config.kafka.security.username $access.principal) -}}
{{- $wrong = append $wrong "config.kafka.security.username must be config.access.principal: that is the KafkaUser's name" -}}
{{- end -}}
{{- range list "produce_bytes" "fetch_bytes" -}}
{{- if gt (int64 (get $access .)) 2147483647 -}}
{{- $wrong = append $wrong (printf "config.access.%s must be at most 2147483647: a KafkaUser holds no more" .) -}}
{{- end -}}
{{- end -}}
{{- $ids := list -}}
{{- range .Values.members -}}
{{- $ids = append $ids .id -}}
{{- if eq (include "relay.userName" .) (include "relay.userName" (dict "id" $access.principal)) -}}
{{- $wrong = append $wrong (printf "members: to the brokers %s would be the relay itself" .id) -}}
{{- end -}}
{{- if eq .id $.Values.config.kafka.app -}}
{{- $wrong = append $wrong (printf "members: the consumer groups of %s would be the relay's: that is config.kafka.app" .id) -}}
{{- end -}}
{{- end -}}
{{- range append .Values.members (dict "id" $access.principal) -}}
{{- $name := include "relay.userName" . -}}
{{- if not (regexMatch "^[a-z0-9]([-a-z0-9.]{0,62}[a-z0-9])?$" $name) -}}
{{- $wrong = append $wrong (printf "%s cannot be the name of a KafkaUser: 1 to 64 lower-case letters, digits, inner hyphens and dots" $name) -}}
{{- end -}}
{{- end -}}
{{- range $id, $_ := .Values.strimzi.users.types -}}
{{- if not (has $id $ids) -}}
{{- $wrong = append $wrong (printf "strimzi.users.types: no member is %s" $id) -}}
{{- end -}}
{{- end -}}
{{- toJson $wrong -}}
{{- end -}}

{{- define "relay.wrongOptions" -}}
{{- $wrong := list -}}
{{- if and .Values.podMonitor.enabled .Values.serviceMonitor.enabled -}}
{{- $wrong = append $wrong "podMonitor and serviceMonitor exclude each other: everything would be counted twice" -}}
{{- end -}}
{{- with .Values.keda -}}
{{- if .enabled -}}
{{- if gt (int .minReplicas) (int .maxReplicas) -}}
{{- $wrong = append $wrong "keda.minReplicas is more than keda.maxReplicas" -}}
{{- end -}}
{{- if gt (int .maxReplicas) (int $.Values.config.lanes) -}}
{{- $wrong = append $wrong "keda.maxReplicas is more than config.lanes: the others would have nothing to do" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.provision.passwords (not .Values.config.access.manage) -}}
{{- $wrong = append $wrong "provision.passwords is not read without config.access.manage" -}}
{{- end -}}
{{- if and .Values.provision.enabled .Values.config.access.manage (not .Values.config.access.operators) (has (include "relay.login" .) (list "ssl" "oauthbearer")) -}}
{{- $wrong = append $wrong "config.access.operators is required with provision: the brokers' name for the administrator, whom a certificate or a token does not give away" -}}
{{- end -}}
{{- if and .Values.externalSecrets.enabled (or (not .Values.externalSecrets.store.name) (not .Values.externalSecrets.secrets)) -}}
{{- $wrong = append $wrong "externalSecrets needs store.name and secrets" -}}
{{- end -}}
{{- range .Values.extraEnv -}}
{{- if hasPrefix "RELAY_" .name -}}
{{- $wrong = append $wrong (printf "extraEnv: %s is a setting, and those have one place: config" .name) -}}
{{- end -}}
{{- end -}}
{{- toJson $wrong -}}
{{- end -}}
