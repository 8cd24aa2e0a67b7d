{{/* Numbers that follow from others, and what is refused because they do not fit together. */}}

{{/* Seconds that a worker takes after its time of grace: 10 for jobs that were told to stop, 5 to say
goodbye to the broker, 5 for its process to end and for the signal to come through. */}}
{{- define "presslate.afterGrace" -}}20{{- end -}}

{{/* Seconds that a worker wants between two deadlines and the broker's patience: a delivery may wait for
a whole job before its own turn. It does not start with less. */}}
{{- define "presslate.publishing" -}}60{{- end -}}

{{/* Seconds for jobs in work: no job takes longer than its deadline. */}}
{{- define "presslate.grace" -}}
{{- int .Values.worker.grace | default (int .Values.worker.deadline) -}}
{{- end -}}

{{- define "presslate.terminationGrace" -}}
{{- $least := add (include "presslate.grace" . | int) (include "presslate.afterGrace" . | int) -}}
{{- $wanted := int .Values.terminationGracePeriodSeconds -}}
{{- if and $wanted (lt $wanted (int $least)) -}}
{{- fail (printf "terminationGracePeriodSeconds is %d, and workers need %d to end in order (worker.grace and %s after it): raise it, lower worker.grace, or leave it at 0" $wanted $least (include "presslate.afterGrace" .)) -}}
{{- end -}}
{{- $wanted | default (add $least 10) -}}
{{- end -}}

{{/* A CPU quantity in thousandths of a core. */}}
{{- define "presslate.millicores" -}}
{{- $text := toString . -}}
{{- if hasSuffix "m" $text -}}
{{- trimSuffix "m" $text | int -}}
{{- else -}}
{{- mulf (float64 $text) 1000 | int -}}
{{- end -}}
{{- end -}}

{{- define "presslate.threads" -}}
{{- $limit := dig "limits" "cpu" "" .Values.resources -}}
{{- $request := dig "requests" "cpu" "" .Values.resources -}}
{{- $threads := int .Values.worker.threads -}}
{{- if not (toString $limit | empty) -}}
{{- $milli := include "presslate.millicores" $limit | int -}}
{{- if gt (mul $threads 1000 | int) (max $milli 1000 | int) -}}
{{- fail (printf "worker.threads is %d, and resources.limits.cpu is %s: threads beyond the limit only wait for each other. Lower one, raise the other, or leave worker.threads at 0" $threads (toString $limit)) -}}
{{- end -}}
{{- $threads | default (max (div $milli 1000) 1) -}}
{{- else if not (toString $request | empty) -}}
{{- $threads | default (div (add (include "presslate.millicores" $request | int) 999) 1000) -}}
{{- else if $threads -}}
{{- $threads -}}
{{- else -}}
{{- fail "resources.requests.cpu says nothing: a worker would take a thread for each core of its node. Say it, or set worker.threads" -}}
{{- end -}}
{{- end -}}

{{- define "presslate.brokerPort" -}}
{{- /* int: to some versions of helm 3 a zero is not empty otherwise. */ -}}
{{- int .Values.broker.port | default (.Values.broker.tls.enabled | ternary 5671 5672) -}}
{{- end -}}

{{/* The startup probe ends with the first answer of /live, which comes before a pull begins. So a
budget as long as the pull costs nothing, and would keep a worker alive that answers late. */}}
{{- define "presslate.startupFailures" -}}
{{- $period := int .Values.probes.startup.periodSeconds -}}
{{- div (add .Values.models.pullBudgetSeconds $period -1) $period -}}
{{- end -}}

{{- define "presslate.cooldown" -}}
{{- $wanted := int .Values.keda.cooldownPeriod -}}
{{- if and $wanted (lt $wanted (int .Values.worker.deadline)) -}}
{{- fail (printf "keda.cooldownPeriod is %d, and a job may take %d (worker.deadline): the last worker would be taken away from it. Raise it, or leave it at 0" $wanted (int .Values.worker.deadline)) -}}
{{- end -}}
{{- $wanted | default (add .Values.worker.deadline 60) -}}
{{- end -}}

{{- define "presslate.mostWorkers" -}}
{{- .Values.keda.enabled | ternary .Values.keda.maxReplicas .Values.replicaCount | int -}}
{{- end -}}

{{/* Whether a volume can be in use on one node only. */}}
{{- define "presslate.cacheIsOfOneNode" -}}
{{- $cache := .Values.models.cache -}}
{{- if and (eq $cache.type "claim") (not (or (has "ReadWriteMany" $cache.accessModes) (has "ReadOnlyMany" $cache.accessModes))) -}}yes{{- end -}}
{{- end -}}

{{/* What a schema cannot see, because it takes two values to be wrong. */}}
{{- define "presslate.check" -}}
{{- $broker := .Values.broker -}}
{{- if not (or $broker.existingSecret $broker.tls.clientSecret) -}}
{{- fail "broker.existingSecret is empty: name the Secret with the broker's password, or a client certificate with broker.tls.clientSecret" -}}
{{- end -}}
{{- if and $broker.existingSecret (not $broker.username) -}}
{{- fail "broker.username is empty, and broker.existingSecret has a password: say whose it is" -}}
{{- end -}}
{{- if and (not $broker.tls.enabled) (or $broker.tls.caSecret $broker.tls.clientSecret) -}}
{{- fail "broker.tls.enabled is false, and a certificate is named: set it to true, or take the certificate out" -}}
{{- end -}}
{{- $needed := add (mul 2 .Values.worker.deadline) (include "presslate.publishing" . | int) | int -}}
{{- if ge $needed (int .Values.worker.consumerTimeout) -}}
{{- fail (printf "worker.deadline is %d: the broker has to leave a job to a worker for more than %d seconds, and takes it back after %d (worker.consumerTimeout). Lower the one, or raise the other and the broker's consumer_timeout with it" (int .Values.worker.deadline) $needed (int .Values.worker.consumerTimeout)) -}}
{{- end -}}
{{- if and (eq .Values.models.from "bundle") (empty .Values.models.bundle.volume) -}}
{{- fail "models.from is bundle: say with models.bundle.volume where the archive is" -}}
{{- end -}}
{{- if and (eq .Values.models.from "folder") (empty .Values.models.folder.volume) -}}
{{- fail "models.from is folder: say with models.folder.volume where the weights are" -}}
{{- end -}}
{{- if and (include "presslate.cacheIsOfOneNode" .) (gt (include "presslate.mostWorkers" . | int) 1) -}}
{{- fail (printf "models.cache.accessModes is %s, and there may be %s workers: pods on a second node would wait for the volume for ever. Use ReadWriteMany, models.cache.type: ephemeral, or one worker" (join ", " .Values.models.cache.accessModes) (include "presslate.mostWorkers" .)) -}}
{{- end -}}
{{- if and (eq .Values.models.from "bundle") (eq .Values.models.cache.type "claim") (gt (include "presslate.mostWorkers" . | int) 1) -}}
{{- fail "models.from is bundle and models.cache.type is claim: several pods would install into one volume. Give each a volume of its own (emptyDir or ephemeral), or install the archive there once and use models.from: folder" -}}
{{- end -}}
{{- $glossaries := .Values.glossaries -}}
{{- $sources := list $glossaries.files $glossaries.existingConfigMap $glossaries.volume | compact -}}
{{- if gt (len $sources) 1 -}}
{{- fail "glossaries: files, existingConfigMap and volume exclude each other" -}}
{{- end -}}
{{- if gt (int .Values.keda.minReplicas) (int .Values.keda.maxReplicas) -}}
{{- fail "keda.minReplicas is above keda.maxReplicas" -}}
{{- end -}}
{{- end -}}
