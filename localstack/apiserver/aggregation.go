package main

import (
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/kubernetes/pkg/controller/clusterroleaggregation"
)

// aggregateClusterRoles fills admin, edit, view and every other role with an aggregation rule, as in a real cluster.
// It is the only controller here: the others would undo the seed (evict pods of nodes without kubelets, reset status).
func aggregateClusterRoles(hook genericapiserver.PostStartHookContext) error {
	client, err := kubernetes.NewForConfig(hook.LoopbackClientConfig)
	if err != nil {
		return err
	}
	shared := informers.NewSharedInformerFactory(client, 0)
	controller := clusterroleaggregation.NewClusterRoleAggregation(shared.Rbac().V1().ClusterRoles(), client.RbacV1())
	shared.Start(hook.Done())
	go controller.Run(hook, 1)
	return nil
}
