{{/* The parts of a pod that more than one of them has. */}}

{{- define "presslate.podSecurity" -}}
automountServiceAccountToken: false
{{- /* Or a Service in this namespace whose name begins with "presslate-" would set PRESSLATE_… */}}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  {{- with .Values.securityContext.runAsUser }}
  runAsUser: {{ int64 . }}
  {{- end }}
  {{- with .Values.securityContext.runAsGroup }}
  runAsGroup: {{ int64 . }}
  {{- end }}
  {{- with .Values.securityContext.fsGroup }}
  fsGroup: {{ int64 . }}
  # Gigabytes of weights are not walked through at every start.
  fsGroupChangePolicy: OnRootMismatch
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "presslate.containerSecurity" -}}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{/* The way to the broker, for the account in .username. */}}
{{- define "presslate.brokerEnv" -}}
{{- $broker := .root.Values.broker -}}
{{- $user := empty .username | ternary "" (printf "%s@" (urlquery .username | replace "+" "%20")) -}}
- name: PRESSLATE_AMQP_URL
  value: {{ printf "%s://%s%s:%s/%s" ($broker.tls.enabled | ternary "amqps" "amqp") $user $broker.host (include "presslate.brokerPort" .root) (urlquery $broker.vhost | replace "+" "%20") | quote }}
{{- if .secret }}
- name: PRESSLATE_AMQP_PASSWORD_FILE
  value: /etc/presslate/broker/password
{{- end }}
{{- if $broker.tls.caSecret }}
- name: PRESSLATE_AMQP_CA_FILE
  value: /etc/presslate/ca/ca.crt
{{- end }}
{{- if .client }}
- name: PRESSLATE_AMQP_CERT_FILE
  value: /etc/presslate/client/tls.crt
- name: PRESSLATE_AMQP_KEY_FILE
  value: /etc/presslate/client/tls.key
{{- end }}
- name: PRESSLATE_QUEUE_PREFIX
  value: {{ $broker.queuePrefix | quote }}
{{- end -}}

{{- define "presslate.brokerMounts" -}}
{{- if .secret }}
- name: broker
  mountPath: /etc/presslate/broker
  readOnly: true
{{- end }}
{{- if .root.Values.broker.tls.caSecret }}
- name: ca
  mountPath: /etc/presslate/ca
  readOnly: true
{{- end }}
{{- if .client }}
- name: client
  mountPath: /etc/presslate/client
  readOnly: true
{{- end }}
{{- end -}}

{{- /* Whole Secrets, not subPath: a file mounted by subPath stays as it was when the Secret changes. */ -}}
{{- define "presslate.brokerVolumes" -}}
{{- if .secret }}
- name: broker
  secret:
    secretName: {{ .secret }}
    defaultMode: 0440
    items:
      - key: {{ .passwordKey }}
        path: password
{{- end }}
{{- if .root.Values.broker.tls.caSecret }}
- name: ca
  secret:
    secretName: {{ .root.Values.broker.tls.caSecret }}
    defaultMode: 0440
    items:
      - key: {{ .root.Values.broker.tls.caKey }}
        path: ca.crt
{{- end }}
{{- if .client }}
- name: client
  secret:
    secretName: {{ .client }}
    defaultMode: 0440
{{- end }}
{{- end -}}

{{/* Where models come from and are kept: for the worker and for what fills the cache before it. */}}
{{- define "presslate.modelEnv" -}}
- name: PRESSLATE_MODEL
  value: {{ join "," .Values.models.names | quote }}
- name: PRESSLATE_CACHE_DIR
  value: /var/cache/presslate
{{- if eq .Values.models.from "folder" }}
- name: PRESSLATE_MODEL_DIR
  value: /var/lib/presslate/models
{{- else if eq .Values.models.from "bundle" }}
- name: PRESSLATE_MODEL_DIR
  value: /var/cache/presslate/bundle/models
{{- end }}
{{- if .Values.models.catalogConfigMap }}
- name: PRESSLATE_CATALOG_DIR
  value: /etc/presslate/catalog
{{- else if and (eq .Values.models.from "bundle") .Values.models.bundle.hasCatalog }}
- name: PRESSLATE_CATALOG_DIR
  value: /var/cache/presslate/bundle/catalog
{{- end }}
- name: HOME
  value: /tmp
{{- end -}}

{{- define "presslate.hubEnv" -}}
{{- with .Values.models.hub.endpoint }}
- name: HF_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- with .Values.models.hub.tokenSecret }}
- name: HF_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ $.Values.models.hub.tokenKey }}
{{- end }}
{{- end -}}

{{- define "presslate.modelMounts" -}}
- name: cache
  mountPath: /var/cache/presslate
- name: tmp
  mountPath: /tmp
{{- if eq .Values.models.from "folder" }}
- name: models
  mountPath: /var/lib/presslate/models
  readOnly: true
{{- end }}
{{- if .Values.models.catalogConfigMap }}
- name: catalog
  mountPath: /etc/presslate/catalog
  readOnly: true
{{- end }}
{{- end -}}

{{- define "presslate.modelVolumes" -}}
{{- $cache := .Values.models.cache -}}
- name: tmp
  emptyDir:
    sizeLimit: 1Gi
- name: cache
  {{- if eq $cache.type "claim" }}
  persistentVolumeClaim:
    claimName: {{ $cache.existingClaim | default (printf "%s-models" (include "presslate.fullname" .)) }}
  {{- else if eq $cache.type "ephemeral" }}
  ephemeral:
    volumeClaimTemplate:
      spec:
        accessModes: [ReadWriteOnce]
        {{- with $cache.storageClass }}
        storageClassName: {{ . | quote }}
        {{- end }}
        resources:
          requests:
            storage: {{ $cache.size }}
  {{- else }}
  emptyDir:
    sizeLimit: {{ $cache.size }}
  {{- end }}
{{- if eq .Values.models.from "folder" }}
- name: models
  {{- toYaml .Values.models.folder.volume | nindent 2 }}
{{- end }}
{{- if eq .Values.models.from "bundle" }}
- name: bundle
  {{- toYaml .Values.models.bundle.volume | nindent 2 }}
{{- end }}
{{- with .Values.models.catalogConfigMap }}
- name: catalog
  configMap:
    name: {{ . }}
{{- end }}
{{- end -}}

{{- define "presslate.hasGlossaries" -}}
{{- if or .Values.glossaries.files .Values.glossaries.existingConfigMap .Values.glossaries.volume -}}yes{{- end -}}
{{- end -}}
