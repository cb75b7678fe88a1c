// Command apiserver is the control plane of one local EKS cluster: etcd, the real kube-apiserver and the one
// controller that seeded objects cannot do without (ClusterRole aggregation), in a single process.
//
// It takes kube-apiserver's own flags, except those for etcd and the port, which it chooses itself and prints as the
// first line of standard output: {"port": 34567}. Standard input carries fault commands (see faults.go), and its end
// ends the process: whoever started it cannot die and leave it behind.
//
// Environment: LOCAL_EKS_VERSION (see shownversion), LOCAL_EKS_ETCD_DIR (where etcd keeps its files).
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net"
	"net/url"
	"os"

	_ "apiserver/shownversion"

	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/embed"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/rest"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

func main() {
	faults := &faults{}
	go func() {
		commands := bufio.NewScanner(os.Stdin)
		for commands.Scan() {
			fmt.Println(faults.command(commands.Bytes()))
		}
		// Nothing here is worth a graceful end, which would take a second.
		os.Exit(0)
	}()
	if err := run(genericapiserver.SetupSignalContext(), faults); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, faults *faults) error {
	etcd, err := startEtcd(os.Getenv("LOCAL_EKS_ETCD_DIR"))
	if err != nil {
		return err
	}
	// No graceful close of etcd: the state of a local cluster is seeded anew at every start.

	settings := options.NewServerRunOptions()
	flags := pflag.NewFlagSet("apiserver", pflag.ContinueOnError)
	for _, set := range settings.Flags().FlagSets {
		flags.AddFlagSet(set)
	}
	if err := flags.Parse(os.Args[1:]); err != nil {
		return err
	}
	registry := settings.GenericServerRunOptions.ComponentGlobalsRegistry
	if err := registry.Set(); err != nil {
		return err
	}
	rest.SetDefaultWarningHandler(rest.NoWarnings{})

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	settings.SecureServing.Listener = listener
	// A test that changes who may enter a cluster sees it with the next call: no cache of tokens (10 s otherwise).
	settings.Authentication.TokenSuccessCacheTTL = 0
	settings.Etcd.StorageConfig.Transport.ServerList = []string{"http://" + etcd}

	completed, err := settings.Complete(ctx)
	if err != nil {
		return err
	}
	if errs := completed.Validate(); len(errs) != 0 {
		return utilerrors.NewAggregate(errs)
	}
	config, err := app.NewConfig(completed)
	if err != nil {
		return err
	}
	ready, err := config.Complete()
	if err != nil {
		return err
	}
	server, err := app.CreateServerChain(ready)
	if err != nil {
		return err
	}
	handler := server.GenericAPIServer.Handler
	handler.FullHandlerChain = faults.wrap(handler.FullHandlerChain)
	server.GenericAPIServer.AddPostStartHookOrDie("local-eks-clusterrole-aggregation", aggregateClusterRoles)
	prepared, err := server.PrepareRun()
	if err != nil {
		return err
	}
	fmt.Printf("{\"port\": %d}\n", listener.Addr().(*net.TCPAddr).Port)
	return prepared.Run(ctx)
}

// startEtcd answers the address that clients dial.
func startEtcd(directory string) (string, error) {
	config := embed.NewConfig()
	config.Dir = directory
	config.LogLevel = "error"
	// Nothing here outlives the process, so nothing is worth waiting for a disk.
	config.UnsafeNoFsync = true
	anywhere, _ := url.Parse("http://127.0.0.1:0")
	config.ListenClientUrls = []url.URL{*anywhere}
	config.AdvertiseClientUrls = []url.URL{*anywhere}
	config.ListenPeerUrls = []url.URL{*anywhere}
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return "", err
	}
	<-etcd.Server.ReadyNotify()
	return etcd.Clients[0].Addr().String(), nil
}
