// One binary for the parts of a Kubernetes control plane that the tests start: linked once, their shared packages
// are compiled once.
//
//	kube etcd|apiserver|kubectl [flags]
//	kube new-key FILE    write a private key, for signing service account tokens
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
)

var parts = map[string]func([]string) error{
	"etcd": func(arguments []string) error {
		etcdmain.Main(arguments)
		return nil
	},
	"apiserver": func([]string) error {
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
		return nil
	},
	"kubectl": func([]string) error {
		kubectlutil.CheckErr(cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()))
		return nil
	},
	"new-key": newKey,
}

func newKey(arguments []string) error {
	if len(arguments) != 2 {
		return errors.New("usage: kube new-key FILE")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return os.WriteFile(arguments[1], pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), 0o600)
}

func main() {
	if len(os.Args) > 1 {
		if part, known := parts[os.Args[1]]; known {
			os.Args = os.Args[1:] // each part reads its own flags from there
			if err := part(os.Args); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
	fmt.Fprintln(os.Stderr, "usage: kube etcd|apiserver|kubectl|new-key …")
	os.Exit(2)
}
