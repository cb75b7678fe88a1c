// Package shownversion makes the API server be the Kubernetes version that LOCAL_EKS_VERSION names,
// such as v1.32.9-eks-1a2b3c4: what /version shows, and the release whose APIs and feature gates it emulates.
//
// Kubernetes reads its version in package initialisers, so a flag would come too late. Go initialises the first
// package, by import path, whose imports are ready: this one needs little and "apiserver/" sorts before "k8s.io/",
// so the version is in place before anything of Kubernetes looks at it.
package shownversion

import (
	"os"
	"sync/atomic"
	_ "unsafe" // for go:linkname

	_ "k8s.io/component-base/version"
)

// Kubernetes' own setter insists on the major, minor and patch number of the build.
//
//go:linkname dynamicGitVersion k8s.io/component-base/version.dynamicGitVersion
var dynamicGitVersion atomic.Value

func init() {
	if version := os.Getenv("LOCAL_EKS_VERSION"); version != "" {
		dynamicGitVersion.Store(version)
	}
}
