"""Faults in a team's other templates: rights, routes, Ingresses, images."""

from __future__ import annotations

from corpus.secret_faults import letters
from corpus.template_fault import TemplateFault, with_image, with_route

_RULES = "    resources: [pods, pods/log]\n    verbs: [get, list, watch]\n"
_META = "  namespace: ${{ plan.namespace }}\n"
_BINDING = "kind: RoleBinding\nmetadata:\n  name: ${{ plan.name }}-support\n"
_GROUP = "    kind: Group\n    name: support\n"
_TLS = (
    '  tls:\n    - hosts: ["${{ plan.name }}.legacy.example.com"]\n      secretName: legacy-tls\n'
)
_SECRET = (
    f"---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: ${{{{ plan.name }}}}-legacy\n{_META}"
)
_GATEWAY = f"""\
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata:
  name: ${{{{ plan.name }}}}
{_META}spec:
  gatewayClassName: legacy
  listeners:
    - {{name: web, port: 80, protocol: HTTP}}
"""
EXTRAS = (
    (
        TemplateFault(
            "an Ingress without TLS",
            "security/ingress-has-tls",
            _TLS,
            "",
            "spec:\n  ingressClassName",
        ),
        TemplateFault(
            "rights by a wildcard",
            "security/rbac-has-no-wildcards",
            _RULES,
            '    resources: ["*"]\n    verbs: [get, list, watch]\n',
            "rules:\n  - apiGroups",
        ),
        TemplateFault(
            "rights for everybody who logs in",
            "security/rights-go-to-somebody",
            _GROUP,
            "    kind: Group\n    name: system:authenticated\n",
            "subjects:\n  - apiGroup",
        ),
        TemplateFault(
            "a Secret with its data",
            "security/secret-has-no-data",
            "",
            _SECRET + "stringData: {user: legacy}\n",
            "---\napiVersion: v1",
        ),
        TemplateFault(
            "a Gateway of plain HTTP",
            "security/gateway-listeners-have-tls",
            "",
            _GATEWAY,
            "  listeners:\n    - {name: web",
        ),
        TemplateFault(
            "a job with a volume of the host",
            "security/pss-host-path security/pss-volume-types",
            "          restartPolicy: Never\n",
            "          restartPolicy: Never\n"
            "          volumes: [{name: logs, hostPath: {path: /var/log}}]\n",
            "volumes:",
        ),
    ),
    (
        TemplateFault(
            "an Ingress of any host",
            "security/ingress-hosts-are-exact",
            "    - host: ${{ plan.name }}.legacy.example.com\n",
            '    - host: "*.legacy.example.com"\n',
            '- host: "*.legacy',
        ),
        TemplateFault(
            "rights to Secrets",
            "security/rbac-reads-no-secrets",
            _RULES,
            "    resources: [pods, secrets]\n    verbs: [get]\n",
            "rules:\n  - apiGroups",
        ),
        TemplateFault(
            "administrators",
            "security/nobody-is-cluster-admin",
            "  kind: Role\n  name: ${{ plan.name }}-support\n",
            "  kind: ClusterRole\n  name: cluster-admin\n",
            "roleRef:\n  apiGroup",
        ),
        TemplateFault(
            "an object in the default namespace",
            "security/object-namespace-is-own",
            _BINDING + _META,
            _BINDING + "  namespace: default\n",
            "namespace: default",
        ),
        TemplateFault(
            "a token that lasts",
            "security/no-lasting-api-token",
            "",
            _SECRET + "type: kubernetes.io/service-account-token\n",
            "type: kubernetes.io/service-account-token",
        ),
    ),
    (
        TemplateFault(
            "rights to take rights",
            "security/rbac-gives-no-more-rights",
            _RULES,
            "    resources: [roles]\n    verbs: [bind, escalate]\n",
            "rules:\n  - apiGroups",
        ),
        TemplateFault(
            "rights in the cluster",
            "security/no-rights-in-the-cluster",
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n",
            "apiVersion: rbac.authorization.k8s.io/v1 # for support\nkind: ClusterRoleBinding\n",
            "# for support",
        ),
        TemplateFault(
            "a capability added",
            "security/pss-capabilities security/pss-drop-capabilities",
            "                capabilities: {drop: [ALL]}\n",
            "                capabilities: {drop: [ALL], add: [SYS_ADMIN]}\n",
            "add: [SYS_ADMIN]",
        ),
        TemplateFault(
            "a token in an argument",
            "security/no-literal-secrets-in-artifacts",
            "              args: [warm, ",
            f"              args: [--token, {'gh' + 'p_' + letters('argument', 36)}, ",
            "",
        ),
    ),
)
ROUTES = (
    TemplateFault(
        "a route for all hosts",
        "security/route-hosts-are-exact",
        "  hostnames: ${{ route.hosts }}\n",
        '  hostnames: ["*.example.com"]\n',
        "hostnames:",
        fits=with_route,
    ),
    TemplateFault(
        "a route of every listener",
        "security/route-attaches-to-listener",
        "      sectionName: ${{ route.listener }}\n",
        "",
        "parentRefs:\n    - name",
        "serving.hosts",
        fits=with_route,
    ),
)

_BASE = "ARG BASE_IMAGE={{ image.base }}\n"
_PIP = "RUN python3 -m pip install --no-cache-dir --require-hashes -r /tmp/requirements.txt\n"
_USER = "USER 65532:65532\n"
_HEALTH = 'HEALTHCHECK --interval=10s --timeout=3s CMD ["python3", "-m", "fairway.serve.health"]\n'


def _docker(what: str, rule: str, old: str, new: str) -> TemplateFault:
    return TemplateFault(what, f"security/dockerfile-{rule}", old, new, fits=with_image)


DOCKERFILES = (
    (
        _docker(
            "a base by tag",
            "base-is-pinned",
            _BASE,
            "ARG BASE_IMAGE=docker.io/library/python:3.12-slim\n",
        ),
        _docker("root in the image", "user-is-not-root", _USER, ""),
        _docker("no health check", "has-healthcheck", _HEALTH, ""),
        _docker(
            "a script from the network",
            "pipes-no-script",
            _PIP,
            _PIP + "RUN curl -sSf https://get.example.com/agent.sh | sh\n",
        ),
        _docker(
            "a secret's name in a variable",
            "holds-no-secrets",
            "ENV PYTHONPATH=/opt/server\n",
            "ENV PYTHONPATH=/opt/server INDEX_TOKEN=x\n",
        ),
    ),
    (
        _docker(
            "a base called latest",
            "base-has-a-version",
            "FROM ${BASE_IMAGE}\n",
            "FROM registry.playfield.example.com/base:latest@sha256:" + "5d" * 32 + "\n",
        ),
        _docker(
            "the whole folder copied",
            "copies-what-it-names",
            "COPY --chmod=0555 model /app/model\n",
            "COPY . /app\n",
        ),
        _docker(
            "an address added",
            "adds-no-address",
            "WORKDIR /app\n",
            "WORKDIR /app\nADD https://example.com/agent.tgz /opt/agent.tgz\n",
        ),
        _docker(
            "a package index that nobody checks",
            "verifies-tls",
            _PIP,
            _PIP.replace("install ", "install --trusted-host '$MIRROR' "),
        ),
        _docker(
            "sudo in the image",
            "has-no-sudo",
            "COPY --chmod=0555 fairway /opt/server/fairway\n",
            "COPY --chmod=0555 fairway /opt/server/fairway\nRUN sudo chown -R 65532 /opt/server\n",
        ),
    ),
)
