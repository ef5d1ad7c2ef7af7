// Command podsecurity reads a manifest from standard input and judges each pod in it as the
// admission of a cluster would whose namespace enforces the level Restricted.
//
// One line a pod: its kind and name, and "allowed" or what is forbidden. The exit code is 1 where
// one is forbidden, 2 where the manifest cannot be read.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// The newest version that the pinned library knows: what is judged changes with the pin alone.
var restricted = api.LevelVersion{Level: api.LevelRestricted, Version: api.MajorMinorVersion(1, 37)}

func main() {
	forbidden, err := judge(os.Stdin, os.Stdout)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	case forbidden:
		os.Exit(1)
	}
}

func judge(manifest io.Reader, out io.Writer) (forbidden bool, err error) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return false, err
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return false, err
		}
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	documents := yaml.NewYAMLReader(bufio.NewReader(manifest))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return forbidden, nil
		}
		if err != nil {
			return false, err
		}
		refused, err := judgeOne(evaluator, decoder, document, out)
		if err != nil {
			return false, err
		}
		forbidden = forbidden || refused
	}
}

func judgeOne(evaluator policy.Evaluator, decoder runtime.Decoder, document []byte, out io.Writer) (bool, error) {
	object, kind, err := decoder.Decode(document, nil, nil)
	if runtime.IsNotRegisteredError(err) || runtime.IsMissingKind(err) {
		return false, nil // no kind of Kubernetes' own that holds a pod; or an empty document
	}
	if err != nil {
		return false, err
	}
	pod := podOf(object)
	if pod == nil {
		return false, nil
	}
	name, err := meta.NewAccessor().Name(object)
	if err != nil {
		return false, err
	}
	result := policy.AggregateCheckResults(evaluator.EvaluatePod(restricted, &pod.ObjectMeta, &pod.Spec))
	said := "allowed"
	if !result.Allowed {
		said = result.ForbiddenDetail()
	}
	fmt.Fprintf(out, "%s/%s: %s\n", kind.Kind, name, said)
	return !result.Allowed, nil
}

// The kinds that the admission looks into, as its DefaultPodSpecExtractor has them: that brings all of
// client-go along.
func podOf(object runtime.Object) *corev1.PodTemplateSpec {
	switch it := object.(type) {
	case *corev1.Pod:
		return &corev1.PodTemplateSpec{ObjectMeta: it.ObjectMeta, Spec: it.Spec}
	case *corev1.PodTemplate:
		return &it.Template
	case *corev1.ReplicationController:
		return it.Spec.Template
	case *appsv1.ReplicaSet:
		return &it.Spec.Template
	case *appsv1.Deployment:
		return &it.Spec.Template
	case *appsv1.DaemonSet:
		return &it.Spec.Template
	case *appsv1.StatefulSet:
		return &it.Spec.Template
	case *batchv1.Job:
		return &it.Spec.Template
	case *batchv1.CronJob:
		return &it.Spec.JobTemplate.Spec.Template
	}
	return nil
}
