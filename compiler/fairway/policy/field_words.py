"""What the fields mean whose types say nothing of it: those of the plan, and Kubernetes' own."""

from __future__ import annotations

from collections.abc import Mapping

from fairway.policy.proof_words import PROOF_WORDS
from fairway.policy.release_words import RELEASE_WORDS

KUBERNETES = frozenset(
    ("Container", "SecurityContext", "Capabilities", "Profile", "SeLinux", "Sysctl")
)
"""Messages whose fields have the names and the meaning that they have in Kubernetes."""

WORDS: Mapping[str, Mapping[str, str]] = {
    "Quantity": {
        "value": "The number.",
        "unit": "`%`, `s` for seconds, or empty for a plain number.",
    },
    "Plan": {
        "name": "The deployment's name.",
        "environment": "The environment.",
        "cluster": "The cluster.",
        "namespace": "The namespace, its pattern filled in.",
        "team": "The team.",
        "description": "What the model does.",
        "spec": "The spec's file.",
        "spec_digest": "The digest of the spec's text.",
        "strategy": "rolling, blueGreen, canary, shadow or ab.",
        "active": "The name of the workload that answers.",
        "serving": "The names of all workloads that get requests which somebody waits for.",
        "runtime": "What runs in the pods.",
        "release": "How traffic moves.",
        "traffic": "How much of it is expected.",
        "proxy": "What a proxy beside the servers needs.",
        "proof": "What the arithmetic says of the release.",
        "labels": "Labels of every object.",
        "selector": "Labels that all pods of the deployment have.",
        "port": "The port that the server listens on.",
        "service_port": "The port of the services.",
        "probes": "How the cluster asks whether the server is well.",
        "workloads": "The sets of pods, one for each version that runs.",
        "services": "The names in the cluster.",
        "routes": "The way from a gateway; none where no gateway may call.",
        "objectives": "The service level objectives, as they are measured.",
        "rules": "Where requests go, whichever way they come.",
        "prometheus": "Where a controller of releases asks for metrics; empty when not said.",
        "auth": "How callers prove who they are; none where nobody is checked.",
        "sidecar": "Labels by which the router puts a proxy beside the pods that checks callers.",
        "callers": "The namespaces whose pods may call.",
        "egress_namespaces": "The namespaces that the pods may connect to.",
        "egress_addresses": "The addresses that the pods may connect to.",
    },
    "PlanAuth": {
        "issuer": "Who signs the tokens; empty for certificates.",
        "audiences": "Whom the tokens are meant for.",
        "principals": "The names that certificates may have; none for tokens.",
    },
    "PlanLabel": {
        "name": "The label's name.",
        "value": "Its value.",
    },
    "PlanAction": {
        "does": "What a controller of releases does next: weight, wait or judge.",
        "weight": "The candidate's weight that it sets; or 0.",
        "seconds": "For how long it waits; or 0.",
    },
    "PlanProbes": {
        "ready": "The path that says whether the server is ready.",
        "live": "The path that says whether it lives.",
        "startup_period": "Seconds between two tries while it starts.",
        "startup_failures": "How many of them may fail.",
        "drain": "Seconds that a pod goes on answering after it was told to end.",
        "grace": "Seconds until a pod that was told to end is killed.",
    },
    "PlanWorkload": {
        "name": "The Deployment's name.",
        "version": "The version that it serves.",
        "labels": "Labels of its pods.",
        "selector": "Labels that it knows its pods by.",
        "pods": "Labels that all its pods have, those too that a controller makes of them.",
        "image": "The image, by digest where the lock has it.",
        "arguments": "The server's arguments.",
        "model_digest": "The root digest of the version's files.",
        "requests": "What each pod asks for, as Kubernetes quantities.",
        "limits": "What each pod gets at most, as Kubernetes quantities.",
        "variables": "Environment variables from Secrets.",
        "replicas": "How many pods there are, or at least are when it is autoscaled.",
        "replicas_at_most": "How many pods there are at most.",
        "autoscaled": "The number of pods follows the load.",
        "scaling_resource": "What the load is measured by, cpu or memory; or empty.",
        "scaling_utilization": "The share of the request that is aimed at, in percent; or 0.",
        "surge": "Pods more than wanted during a rollout: a number or a percentage.",
        "unavailable": "Pods fewer than wanted during a rollout: a number or a percentage.",
        "cores": "The cores that each pod asks for.",
        "memory": "The bytes that each pod asks for.",
        "counted_by": "Who decides how many pods there are: git, autoscaler or controller.",
        "scaled": "The kind of object whose number of pods an autoscaler changes.",
    },
    "PlanScaledObject": {"api_version": "Its API version.", "kind": "Its kind."},
    "PlanEnvironmentVariable": {
        "name": "The variable.",
        "secret": "The Secret in the namespace.",
        "key": "The key in the Secret.",
    },
    "PlanService": {
        "name": "The Service's name.",
        "selector": "Labels of the pods behind it.",
        "labels": "Its own labels.",
    },
    "PlanRoute": {
        "gateway": "The gateway's name.",
        "gateway_namespace": "The gateway's namespace.",
        "listener": "The gateway's listener; empty for all of them.",
        "hosts": "The host names.",
        "path": "The path's beginning.",
        "timeout": "For how long a request may take, as the Gateway API writes it: 2s.",
        "implementation": "What runs the gateway.",
        "rules": "Where requests go; the first that fits a request holds.",
    },
    "PlanBackend": {
        "service": "The Service's name.",
        "version": "The version behind it.",
        "weight": "Its share of the traffic, out of the sum of all weights.",
    },
    "PlanObjective": {
        "at": "Its place in the spec.",
        "name": "availability or latency.",
        "metric": "What measures its error ratio.",
        "side": "Who counts: router or runtime.",
        "objective": "The share of requests that must be good, from 0 to 1.",
        "objective_text": "The same as the spec writes it.",
        "budget": "The share of requests that may be bad, from 0 to 1.",
        "window": "The time that the share is taken over, in seconds.",
        "window_text": "The same as Prometheus writes it: 30d.",
        "threshold": "For latency, within how many seconds a request is good; or 0.",
        "recordings": "The error ratio over each window of an alert, and the counts behind it.",
        "period": "The error ratio over the objective's own window, and the budget that is left.",
        "alerts": "The alerts on the speed at which the budget burns; none without a receiver.",
    },
    "PlanRecording": {
        "record": "The name of the series that is recorded.",
        "window": "What the query looks back over: 5m.",
        "query": "The PromQL.",
    },
    "PlanBurnRule": {
        "severity": "page or ticket.",
        "receiver": "Who hears of it.",
        "factor": "How many times faster than the objective allows the budget burns.",
        "factor_text": "The same as text.",
        "long": "The long window: 1h.",
        "short": "The short window: 5m.",
        "threshold": "The error ratio that both windows must be above.",
        "expression": "The PromQL of the alert.",
    },
    "PlanNamespacePeer": {
        "namespace": "The namespace.",
        "port": "The port.",
    },
    "PlanAddressPeer": {
        "cidr": "The block of addresses.",
        "port": "The port.",
    },
    **RELEASE_WORDS,
    **PROOF_WORDS,
}


def words_of(message: str, field: str) -> str:
    """Return what a field means, or nothing where its type says it."""
    own = WORDS.get(message, {}).get(field, "")
    return own or ("As in Kubernetes." if message in KUBERNETES else "")
