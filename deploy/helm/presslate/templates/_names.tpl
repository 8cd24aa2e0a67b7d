{{/* Names and labels. */}}

{{- define "presslate.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $both := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- /* 50 bytes leave room in the 63 of a label for the longest ending, "-topology" and a pod's own. */ -}}
{{- default $both .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* What a selector may name: nothing that an upgrade changes, because selectors cannot be changed. */}}
{{- define "presslate.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "presslate.workerSelector" -}}
{{ include "presslate.selector" . }}
app.kubernetes.io/component: worker
{{- end -}}

{{- define "presslate.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "presslate.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: presslate
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "presslate.serviceAccount" -}}
{{- default (.Values.serviceAccount.create | ternary (include "presslate.fullname" .) "default") .Values.serviceAccount.name -}}
{{- end -}}

{{- define "presslate.imageOf" -}}
{{- .digest | empty | ternary (printf "%s:%s" .repository .tag) (printf "%s@%s" .repository .digest) -}}
{{- end -}}

{{/* Of the worker. */}}
{{- define "presslate.image" -}}
{{- $gpu := .Values.gpu -}}
{{- if $gpu.enabled -}}
{{- $tag := printf "%s-cuda-sm%d" .Chart.AppVersion (int $gpu.computeCapability) -}}
{{- include "presslate.imageOf" (dict "repository" (default .Values.image.repository $gpu.image.repository) "tag" (default $tag $gpu.image.tag) "digest" $gpu.image.digest) -}}
{{- else -}}
{{- include "presslate.toolImage" . -}}
{{- end -}}
{{- end -}}

{{/* Of everything else: the program for a GPU does not start where there is none. */}}
{{- define "presslate.toolImage" -}}
{{- include "presslate.imageOf" (dict "repository" .Values.image.repository "tag" (default .Chart.AppVersion .Values.image.tag) "digest" .Values.image.digest) -}}
{{- end -}}
