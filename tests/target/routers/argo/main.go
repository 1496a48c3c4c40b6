// Asks Argo Rollouts' own code about its objects. Each line of input is a question in JSON, each
// line of output its answer:
//
//	{"metric": {...}, "result": ["0.5"]}  the phase of a measurement with these samples
//	{"objects": [{...}, ...]}             what is wrong with the Rollout among the objects; or ok
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/validation"
	"github.com/argoproj/argo-rollouts/utils/analysis"
	"github.com/argoproj/argo-rollouts/utils/evaluate"
	log "github.com/sirupsen/logrus"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

type question struct {
	Metric  *v1alpha1.Metric  `json:"metric"`
	Result  []string          `json:"result"`
	Objects []json.RawMessage `json:"objects"`
}

type cluster struct {
	rollouts    []v1alpha1.Rollout
	deployments map[string]appsv1.Deployment
	services    map[string]corev1.Service
	templates   map[string]v1alpha1.AnalysisTemplate
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<24)
	for lines.Scan() {
		answer, err := answerTo(lines.Bytes())
		if err != nil {
			answer = "error: " + err.Error()
		}
		fmt.Println(strings.ReplaceAll(answer, "\n", " "))
	}
}

func answerTo(line []byte) (string, error) {
	var asked question
	if err := json.Unmarshal(line, &asked); err != nil {
		return "", err
	}
	if asked.Metric != nil {
		return measured(*asked.Metric, asked.Result)
	}
	return validated(asked.Objects)
}

// measured is what the Prometheus provider does with a vector's samples.
func measured(metric v1alpha1.Metric, samples []string) (string, error) {
	if err := analysis.ValidateMetrics([]v1alpha1.Metric{metric}); err != nil {
		return "", err
	}
	result := make([]float64, 0, len(samples))
	for _, text := range samples {
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return "", err
		}
		result = append(result, value)
	}
	phase, err := evaluate.EvaluateResult(result, metric, *log.NewEntry(log.New()))
	return string(phase), err
}

// validated is what the controller does before it acts on a Rollout.
func validated(objects []json.RawMessage) (string, error) {
	found, err := read(objects)
	if err != nil {
		return "", err
	}
	for _, rollout := range found.rollouts {
		if reference := rollout.Spec.WorkloadRef; reference != nil {
			deployment, there := found.deployments[reference.Name]
			if !there {
				return "", fmt.Errorf("no Deployment %s", reference.Name)
			}
			rollout.Spec.SetResolvedTemplate(deployment.Spec.Template)
			rollout.Spec.SetResolvedSelector(deployment.Spec.Selector)
		}
		faults := validation.ValidateRollout(&rollout)
		resources, err := referenced(rollout, found)
		if err != nil {
			return "", err
		}
		faults = append(faults, validation.ValidateRolloutReferencedResources(&rollout, resources)...)
		if len(faults) > 0 {
			return "", faults.ToAggregate()
		}
	}
	return fmt.Sprintf("ok: %d", len(found.rollouts)), nil
}

func read(objects []json.RawMessage) (cluster, error) {
	found := cluster{
		deployments: map[string]appsv1.Deployment{},
		services:    map[string]corev1.Service{},
		templates:   map[string]v1alpha1.AnalysisTemplate{},
	}
	for _, raw := range objects {
		var kind struct {
			Kind string `json:"kind"`
		}
		var rollout v1alpha1.Rollout
		var deployment appsv1.Deployment
		var service corev1.Service
		var template v1alpha1.AnalysisTemplate
		err := json.Unmarshal(raw, &kind)
		switch {
		case err != nil:
		case kind.Kind == "Rollout":
			if err = json.Unmarshal(raw, &rollout); err == nil {
				found.rollouts = append(found.rollouts, rollout)
			}
		case kind.Kind == "Deployment":
			err = json.Unmarshal(raw, &deployment)
			found.deployments[deployment.Name] = deployment
		case kind.Kind == "Service":
			err = json.Unmarshal(raw, &service)
			found.services[service.Name] = service
		case kind.Kind == "AnalysisTemplate":
			err = json.Unmarshal(raw, &template)
			found.templates[template.Name] = template
		}
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

func referenced(rollout v1alpha1.Rollout, found cluster) (validation.ReferencedResources, error) {
	var resources validation.ReferencedResources
	service := func(name string, role validation.ServiceType) error {
		there, ok := found.services[name]
		if !ok {
			return fmt.Errorf("no Service %s", name)
		}
		resources.ServiceWithType = append(
			resources.ServiceWithType, validation.ServiceWithType{Service: &there, Type: role},
		)
		return nil
	}
	templates := func(refs []v1alpha1.AnalysisTemplateRef, role validation.AnalysisTemplateType, step int) error {
		var named []*v1alpha1.AnalysisTemplate
		for _, ref := range refs {
			there, ok := found.templates[ref.TemplateName]
			if !ok {
				return fmt.Errorf("no AnalysisTemplate %s", ref.TemplateName)
			}
			named = append(named, &there)
		}
		resources.AnalysisTemplatesWithType = append(
			resources.AnalysisTemplatesWithType,
			validation.AnalysisTemplatesWithType{AnalysisTemplates: named, TemplateType: role, CanaryStepIndex: step},
		)
		return nil
	}
	if green := rollout.Spec.Strategy.BlueGreen; green != nil {
		if err := service(green.ActiveService, validation.ActiveService); err != nil {
			return resources, err
		}
		return resources, service(green.PreviewService, validation.PreviewService)
	}
	canary := rollout.Spec.Strategy.Canary
	if err := service(canary.StableService, validation.StableService); err != nil {
		return resources, err
	}
	if err := service(canary.CanaryService, validation.CanaryService); err != nil {
		return resources, err
	}
	for index, step := range canary.Steps {
		if step.Analysis != nil {
			if err := templates(step.Analysis.Templates, validation.InlineAnalysis, index); err != nil {
				return resources, err
			}
		}
	}
	if canary.Analysis != nil {
		return resources, templates(canary.Analysis.Templates, validation.BackgroundAnalysis, 0)
	}
	return resources, nil
}
