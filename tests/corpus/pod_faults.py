"""Faults in a team's template of workloads: what pods may do, and what keeps them serving."""

from __future__ import annotations

from corpus.template_fault import TemplateFault, with_egress

_CONTEXT = "            readOnlyRootFilesystem: true\n"
_ACCOUNT = "      serviceAccountName: ${{ plan.name }}\n"
_IMAGE = "          image: ${{ workload.image }}\n"
_PORT = "              containerPort: ${{ plan.port }}\n"
_LIMITS = "            limits: ${{ workload.limits }}\n"
_STARTUP = """\
          startupProbe:
            httpGet: {path: "${{ plan.probes.ready }}", port: http}
            periodSeconds: ${{ plan.probes.startup_period }}
            failureThreshold: ${{ plan.probes.startup_failures }}
"""
_READY = """\
          readinessProbe:
            httpGet: {path: "${{ plan.probes.ready }}", port: http}
            periodSeconds: 5
            failureThreshold: 2
"""
_LIVE = """\
          livenessProbe:
            httpGet: {path: "${{ plan.probes.live }}", port: http}
            periodSeconds: 10
            failureThreshold: 6
"""
_PRE_STOP = """\
          lifecycle:
            preStop:
              sleep:
                seconds: ${{ plan.probes.drain }}
"""
_AFFINITY = """\
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector:
                  matchLabels: ${{ workload.selector }}
"""
_REPLICAS = """\
  replicas:
    $when: ${{ not workload.autoscaled }}
    $value: ${{ workload.replicas }}
"""
_ROLLING = """\
    type: RollingUpdate
    rollingUpdate:
      maxSurge: ${{ workload.surge }}
      maxUnavailable: ${{ workload.unavailable }}
"""
_SERVICES = "---\n$each: ${{ plan.services }}\n"
_POLICY = """\
  podSelector:
    matchLabels:
      app.kubernetes.io/name: ${{ plan.name }}
"""
_FROM = """\
      from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: ${{ caller.namespace }}
"""
_TO = """\
      to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: ${{ peer.namespace }}
"""
_SPEC = "    spec:\n      serviceAccountName: ${{ plan.name }}"


def _pss(name: str) -> str:
    return f"security/pss-{name}"


FIRST = (
    TemplateFault(
        "user root",
        _pss("run-as-user"),
        "            runAsUser: 20001\n",
        "            runAsUser: 0\n",
        _SPEC,
        also=(("security/user-number-is-high", "metadata.name", "runAsUser: 0"),),
    ),
    TemplateFault(
        "privileged",
        _pss("privileged"),
        _CONTEXT,
        _CONTEXT + "            privileged: true\n",
        "privileged: true",
    ),
    TemplateFault(
        "the host's network",
        _pss("host-namespaces"),
        _ACCOUNT,
        _ACCOUNT + "      hostNetwork: true\n",
        _SPEC,
    ),
    TemplateFault(
        "a capability kept",
        _pss("drop-capabilities"),
        "                - ALL\n",
        "                - NET_RAW\n",
        "drop:",
    ),
    TemplateFault(
        "a token for the API",
        "security/pod-has-no-api-token",
        "      automountServiceAccountToken: false\n",
        "      automountServiceAccountToken: true\n",
        "automountServiceAccountToken: true",
    ),
    TemplateFault(
        "a scratch volume without limit",
        "security/empty-dir-is-limited",
        "          emptyDir:\n            sizeLimit: 64Mi\n",
        "          emptyDir: {}\n",
        "      volumes:\n        - name: scratch",
    ),
    TemplateFault("no liveness probe", "reliability/liveness-probe", _LIVE, "", "- name: model"),
    TemplateFault(
        "a Service for the world",
        "security/service-is-internal",
        "  selector: ${{ service.selector }}\n",
        "  type: LoadBalancer\n  selector: ${{ service.selector }}\n",
        "type: LoadBalancer",
    ),
    TemplateFault(
        "a budget that lets no pod go",
        "reliability/budget-allows-a-drain",
        "  maxUnavailable: 1\n",
        "  maxUnavailable: 0\n",
        "maxUnavailable: 0",
        at="release",
    ),
    TemplateFault(
        "an unmasked /proc",
        _pss("proc-mount"),
        "            allowPrivilegeEscalation: false\n",
        "            allowPrivilegeEscalation: false\n            procMount: Unmasked\n",
        "procMount: Unmasked",
    ),
    TemplateFault(
        "a port of the host",
        _pss("host-ports"),
        _PORT,
        _PORT + "              hostPort: 8080\n",
        "          ports:\n            - name: http",
        at="serving.port",
    ),
    TemplateFault(
        "aliases of hosts",
        "security/pod-has-no-host-aliases",
        "      tolerations:\n",
        "      hostAliases: [{ip: 10.0.0.7, hostnames: [features]}]\n      tolerations:\n",
        "hostAliases:",
    ),
)
SECOND = (
    TemplateFault(
        "a root file system to write to",
        "security/read-only-root",
        _CONTEXT,
        "            readOnlyRootFilesystem: false\n",
        "readOnlyRootFilesystem: false",
    ),
    TemplateFault(
        "pods that may be root",
        _pss("run-as-non-root"),
        "            runAsNonRoot: true\n",
        "            runAsNonRoot: false\n",
        "runAsNonRoot: false",
    ),
    TemplateFault(
        "a low user",
        "security/user-number-is-high",
        "            runAsUser: 20001\n",
        "            runAsUser: 1000\n",
        "runAsUser: 1000",
    ),
    TemplateFault(
        "no seccomp profile",
        _pss("seccomp"),
        "            seccompProfile:\n              type: RuntimeDefault\n",
        "",
        "          securityContext:\n            allowPrivilegeEscalation",
    ),
    TemplateFault(
        "the image latest",
        "security/image-tag-is-fixed",
        _IMAGE,
        "          image: registry.gridiron.example.com/ml/server:latest\n",
        "server:latest",
    ),
    TemplateFault(
        "no limit of memory",
        "security/memory-is-limited",
        _LIMITS,
        "",
        "          resources:\n            requests",
        at="serving.resources",
    ),
    TemplateFault(
        "no readiness probe",
        "reliability/readiness-probe",
        _READY,
        "",
        "- name: model",
    ),
    TemplateFault("pods on one node", "reliability/pods-are-spread", _AFFINITY, "", _SPEC),
    TemplateFault(
        "all pods replaced at once",
        "reliability/pods-are-replaced-in-turn",
        _ROLLING,
        "    type: Recreate\n",
        "type: Recreate",
        last=True,
    ),
    TemplateFault(
        "broken pods that stay",
        "reliability/budget-spares-broken-pods",
        "  unhealthyPodEvictionPolicy: AlwaysAllow\n",
        "",
        "  maxUnavailable: 1",
        at="release",
    ),
    TemplateFault(
        "a NetworkPolicy for all sources",
        "security/network-policy-ingress-is-named",
        _FROM,
        "",
        "  ingress:\n    - $each",
        at="serving.callers",
    ),
    TemplateFault(
        "an autoscaler of nothing",
        "reliability/autoscaler-finds-its-target",
        "    kind: Deployment\n    name: ${{ workload.name }}\n",
        "    kind: Deployment\n    name: ${{ workload.name }}-main\n",
        "scaleTargetRef:\n    apiVersion: apps/v1",
        at="release",
    ),
)
THIRD = (
    TemplateFault(
        "rights to gain rights",
        _pss("privilege-escalation"),
        "            allowPrivilegeEscalation: false\n",
        "",
        "          securityContext:\n            readOnlyRootFilesystem",
    ),
    TemplateFault(
        "kernel parameters",
        _pss("sysctls"),
        "        fsGroup: 20001\n",
        '        fsGroup: 20001\n        sysctls: [{name: kernel.msgmax, value: "65536"}]\n',
        "sysctls:",
    ),
    TemplateFault(
        "an unconfined AppArmor profile",
        _pss("apparmor"),
        "            runAsGroup: 20001\n",
        "            runAsGroup: 20001\n            appArmorProfile: {type: Unconfined}\n",
        "    spec:\n      automountServiceAccountToken: false",
    ),
    TemplateFault(
        "group root",
        "security/pod-not-in-root-group",
        "            runAsUser: 20001\n            runAsGroup: 20001\n",
        "            runAsUser: 20001\n            runAsGroup: 0\n",
        "    spec:\n      automountServiceAccountToken: false",
    ),
    TemplateFault(
        "the default account",
        "security/pod-has-own-account",
        _ACCOUNT,
        "",
        "    spec:\n      automountServiceAccountToken: false",
    ),
    TemplateFault(
        "a tag that can move",
        "security/image-names-its-content",
        _IMAGE,
        "          image: registry.cityhall.example.com/ml/server:4.2\n",
        "server:4.2",
    ),
    TemplateFault(
        "a privileged port",
        "security/ports-are-unprivileged",
        _PORT,
        "              containerPort: 80\n",
        "          ports:\n            - name: http",
    ),
    TemplateFault(
        "a password in a variable",
        "security/variables-hold-no-secrets",
        "            - name: LOG_LEVEL\n              value: info\n",
        "            - name: CACHE_PASSWORD\n              value: hunter2\n",
        "CACHE_PASSWORD",
        at="serving.secrets",
        also=(("security/no-literal-secrets-in-artifacts", "metadata.name", ""),),
    ),
    TemplateFault("no time to load", "reliability/startup-probe", _STARTUP, "", "- name: model"),
    TemplateFault(
        "more memory than is asked for",
        "reliability/memory-limit-is-request",
        _LIMITS,
        "            limits: {memory: 8Gi}\n",
        "limits: {memory: 8Gi}",
    ),
    TemplateFault(
        "replicas of an autoscaler",
        "reliability/autoscaler-owns-replicas",
        _REPLICAS,
        "  replicas: ${{ workload.replicas }}\n",
        "  replicas: ${{ workload.replicas }}",
        "serving.scaling.min",
    ),
    TemplateFault(
        "a NetworkPolicy of other pods",
        "security/network-policy-selects-pods",
        _POLICY,
        "  podSelector:\n    matchLabels:\n      app: ${{ plan.name }}\n",
        "    spec:\n      automountServiceAccountToken: false",
    ),
)
FOURTH = (
    TemplateFault(
        "a hook that asks another host",
        _pss("host-probes"),
        '            httpGet: {path: "${{ plan.probes.live }}", port: http}\n',
        '            httpGet: {path: "${{ plan.probes.live }}", port: http, host: 10.0.0.9}\n',
        "- name: model",
    ),
    TemplateFault(
        "processes shared",
        "security/pod-processes-are-apart",
        _ACCOUNT,
        _ACCOUNT + "      shareProcessNamespace: true\n",
        "shareProcessNamespace: true",
    ),
    TemplateFault(
        "pods on the control plane",
        "security/pod-not-on-control-plane",
        "        - key: dedicated\n          operator: Equal\n          value: models\n",
        "        - key: node-role.kubernetes.io/control-plane\n          operator: Exists\n",
        "- key: node-role",
    ),
    TemplateFault(
        "an SELinux type",
        _pss("selinux"),
        "            runAsGroup: 20001\n",
        "            runAsGroup: 20001\n            seLinuxOptions: {type: spc_t}\n",
        _SPEC,
    ),
    TemplateFault(
        "a Windows host process",
        _pss("host-process"),
        "        fsGroup: 20001\n",
        "        fsGroup: 20001\n        windowsOptions: {hostProcess: true}\n",
        _SPEC,
    ),
    TemplateFault(
        "no requests",
        "security/resources-are-requested",
        "            requests: ${{ workload.requests }}\n",
        "",
        "          resources:\n            limits",
        at="serving.resources",
    ),
    TemplateFault(
        "a short grace",
        "reliability/grace-covers-requests",
        "      terminationGracePeriodSeconds: ${{ plan.probes.grace }}\n",
        "      terminationGracePeriodSeconds: 1\n",
        "terminationGracePeriodSeconds: 1",
    ),
    TemplateFault(
        "an impatient liveness probe",
        "reliability/liveness-is-patient",
        "            failureThreshold: 6\n",
        "            failureThreshold: 1\n",
        "          livenessProbe:\n            httpGet",
    ),
    TemplateFault(
        "pods that stop at once",
        "reliability/pods-drain-first",
        _PRE_STOP,
        "",
        "- name: model",
    ),
    TemplateFault(
        "no revision kept",
        "reliability/revision-is-kept",
        "  revisionHistoryLimit: 3\n",
        "  revisionHistoryLimit: 0\n",
        "revisionHistoryLimit: 0",
    ),
    TemplateFault(
        "a budget of other pods",
        "reliability/budget-exists",
        f"  selector:\n    matchLabels: ${{{{ workload.selector }}}}\n{_SERVICES}",
        f"  selector:\n    matchLabels: {{app: models}}\n{_SERVICES}",
        "kind: Deployment\nmetadata:\n  name",
        "release",
    ),
    TemplateFault(
        "a Service without pods",
        "reliability/service-has-pods",
        "  selector: ${{ service.selector }}\n",
        "  selector: {app: models}\n",
        "selector: {app: models}",
    ),
    TemplateFault(
        "a Service with outside addresses",
        "security/service-has-no-external-addresses",
        "      targetPort: http\n",
        "      targetPort: http\n  externalIPs: [203.0.113.9]\n",
        "externalIPs:",
    ),
    TemplateFault(
        "a NetworkPolicy for all destinations",
        "security/network-policy-egress-is-named",
        _TO,
        "",
        "  egress:\n    - $each",
        "serving.egress",
        fits=with_egress,
    ),
    TemplateFault(
        "a NetworkPolicy of one direction",
        "security/network-policy-names-types",
        "    - Ingress\n    - Egress\n",
        "    - Ingress\n",
        "  policyTypes:\n    - Ingress",
        also=(("security/network-policy-selects-pods", "metadata.name", _SPEC),),
    ),
    TemplateFault(
        "no seccomp at all",
        _pss("seccomp"),
        "              type: RuntimeDefault\n",
        "              type: Unconfined\n",
        "seccompProfile:\n              type: Unconfined",
        also=((_pss("seccomp-not-unconfined"), "metadata.name", _SPEC),),
    ),
    TemplateFault(
        "an autoscaler that cannot scale",
        "reliability/autoscaler-can-scale",
        "  maxReplicas: ${{ workload.replicas_at_most }}\n",
        "  maxReplicas: ${{ workload.replicas }}\n",
        "maxReplicas: ${{ workload.replicas }}",
        "serving.scaling.min",
    ),
)
