"""A rule to start from: a file that loads, passes its own test, and explains every key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

_HEAD = """\
# A rule is one file: <pack>/<family>/<name>.yaml. Change it, then try it:
#   fairway policy test {folder} --rule {rule} --mutants
#   fairway policy explain {rule}
# What a condition can read is in docs/reference/policy-subjects.md.

# The name that reports, waivers and fairway.yaml use; the folder and the file are called so.
rule: {rule}
# What must be true, in one line.
title: {title}
# error blocks a merge; warning and info are advice. fairway.yaml can change it.
severity: warning
# With true, no waiver may cover the rule.
mandatory: false
"""

_DEPLOYMENT = """\
# What the rule is about: deployment (spec, lock and evidence), plan (what was decided),
# artifact (what is rendered) or fleet (all deployments of an environment).
subject: deployment
# What goes wrong in the world without the rule.
why: >-
  A model that nobody signed may come from anyone who can write to the registry.
# Optional: the condition is asked for each element of a list, under the name `as`.
each: deployment.versions
as: version
# Optional: the rule concerns only what this is true of. Here: the last environment.
when: deployment.last
# What must be true: CEL (https://cel.dev), checked against the types when the rule loads.
# Fields that may be missing are asked for first: has(deployment.monitoring) && ...
require: version.signer != ""
# The line that a person edits, as a route of the spec; expressions stand in braces.
at: versions["{version.name}"]
# What is wrong, with the values that say so.
message: nobody signed version {version.name}
# What mends it. A map with `say`, `set` and `remove` makes `fairway validate --fix` do it.
fix: sign the files with `fairway sign`, then run `fairway lock`
# The controls of public catalogues that the rule covers; [] for none.
references: []
# Examples are merged over a deployment that keeps every built-in rule; null removes a field.
# `stable`, `candidate` and `deployment` change what is known besides the spec. A condition counts
# as tested when the examples notice every change of it.
examples:
  good:
    - {} # the deployment as it is
    - deployment: {last: false} # where `when` is false, all is well
      stable: {signer: ""}
  bad:
    - stable: {signer: ""}
      finds: versions["1.0.0"] # every place that is found, and no other
"""

_PLAN = """\
# What the rule is about: plan is what was decided for a deployment in an environment, with every
# default filled in. Also: deployment, artifact, fleet. Rules of plans see `deployment` as well.
subject: plan
# What goes wrong in the world without the rule.
why: A pod that is alone is gone for as long as its node is drained.
# Optional: the condition is asked for each element of a list, under the name `as`.
each: plan.workloads
as: workload
# Optional: the rule concerns only what this is true of. Here: the last environment.
when: deployment.last
# What must be true: CEL (https://cel.dev), checked against the types when the rule loads.
# Fields that may be missing are asked for first: has(deployment.monitoring) && ...
require: workload.replicas >= 2
# The line that a person edits, as a route of the spec; expressions stand in braces.
at: serving.scaling.min
# What is wrong, with the values that say so.
message: "{workload.name} starts with {workload.replicas} pod"
# What mends it. A map with `say`, `set` and `remove` makes `fairway validate --fix` do it.
fix: set `serving.scaling.min` to 2 or more
# The controls of public catalogues that the rule covers; [] for none.
references: []
# Examples are merged over a deployment that keeps every built-in rule; null removes a field.
# A condition counts as tested when the examples notice every change of it.
examples:
  good:
    - {} # the deployment as it is: two pods for each version
    - deployment: {last: false} # where `when` is false, all is well
      serving: {scaling: {min: 1}}
  bad:
    - serving: {scaling: {min: 1}}
      finds: [serving.scaling.min, serving.scaling.min] # one for each version's workload
"""

_ARTIFACT = """\
# What the rule is about: artifact is what is rendered, whatever target rendered it. Also:
# deployment, plan, fleet. Rules of artifacts see `deployment` as well.
subject: artifact
# Which of them: pods (every object that makes some), objects, dockerfiles, files, or kinds such
# as [Service, HTTPRoute].
for: pods
# What goes wrong in the world without the rule.
why: What another team's registry holds can change without anybody here seeing it.
# Optional: the condition is asked for each element of a list, under the name `as`.
each: pod.containers
as: container
# Optional: the rule concerns only what this is true of. Here: containers that stay.
when: container.kind != "initContainers"
# What must be true: CEL (https://cel.dev), checked against the types when the rule loads.
# Fields that may be missing are asked for first: has(container.securityContext) && ...
require: container.image.startsWith("registry.example.com/")
# A route inside the object; the finding points at the line of the spec that it came from.
at: "{container.path}.image"
# What is wrong, with the values that say so.
message: container {container.name} runs {container.image}
# What mends it.
fix: copy the image to registry.example.com
# The controls of public catalogues that the rule covers; [] for none.
references: []
# Examples are merged over a deployment that keeps every built-in rule; null removes a field.
# `pod`, `container` and `object` change what is rendered of it. A condition counts as tested when
# the examples notice every change of it.
examples:
  good:
    - {} # what is rendered as it is
    - pod: {initContainers: [{name: wait, image: docker.io/library/busybox:1.37}]}
  bad:
    - container: {image: docker.io/library/nginx:1.29}
      finds: spec.template.spec.containers[0].image # every place that is found, and no other
"""

_FLEET = """\
# What the rule is about: fleet is all deployments of an environment together. Also: deployment,
# plan, artifact.
subject: fleet
# What goes wrong in the world without the rule.
why: A deployment with one owner has none while that person is away.
# Optional: the condition is asked for each element of a list, under the name `as`.
each: fleet.deployments
as: deployed
# Optional: the rule concerns only what this is true of. Here: one team's deployments.
when: deployed.team == "payments"
# What must be true: CEL (https://cel.dev), checked against the types when the rule loads.
# Fields that may be missing are asked for first: has(fleet.quota) && ...
require: size(deployed.owners) >= 2
# A route of the element's spec where the element is a deployment, else one of fairway.yaml.
at: metadata.owners
# What is wrong, with the values that say so.
message: "{deployed.name} has {size(deployed.owners)} owner"
# What mends it.
fix: name a second owner, or a team
# The controls of public catalogues that the rule covers; [] for none.
references: []
# Examples are merged over a deployment that keeps every built-in rule; null removes a field.
# `deployments` are the fleet: each is merged over what the fleet sees of that deployment. A
# condition counts as tested when the examples notice every change of it.
examples:
  good:
    - deployments: [{}, {name: churn}]
    - deployments: [{team: growth, owners: ["@growth-ml"]}] # where `when` is false, all is well
  bad:
    - deployments: [{}, {name: churn, owners: ["@payments-ml"]}]
      finds: metadata.owners # every place that is found, and no other
"""


class _Start(NamedTuple):
    title: str
    text: str


_STARTS: Mapping[str, _Start] = {
    "deployment": _Start("Every model version is signed", _DEPLOYMENT),
    "plan": _Start("Every workload starts with two pods", _PLAN),
    "artifact": _Start("Containers run images of our own registry", _ARTIFACT),
    "fleet": _Start("Every deployment has two owners", _FLEET),
}


def starter(rule: str, subject: str, folder: str) -> str:
    """Return the text of a new rule's file; ``folder`` is the pack's, as its comments name it."""
    start = _STARTS[subject]
    return _HEAD.format(rule=rule, title=start.title, folder=folder) + start.text
