package registry

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"bottle.dev/image/internal/failure"
)

const (
	maxConfig = 4 << 20
	maxLayers = 500
)

// A Request names an image and says with what rights it is asked for.
type Request struct {
	Reference    string          `json:"reference"`
	Platform     string          `json:"platform"`     // linux/amd64
	DockerConfig json.RawMessage `json:"dockerConfig"` // {"auths":{…}}
	Registries   []string        `json:"registries"`   // host:port that an admin named
}

// An Image is what the reference names now, by a manifest that the registry gave to these credentials just now.
type Image struct {
	Subject    string // for messages
	Repository string // host/path, normalised
	Digest     string
	Compressed int64 // the sum of the layers, as the manifest says
	image      v1.Image
	layers     []v1.Layer
}

// Get asks the registry for the manifest: always, also for a reference by digest. Whoever may not have it gets a failure.
func Get(ctx context.Context, request Request) (*Image, error) {
	reference, err := name.ParseReference(request.Reference)
	if err != nil {
		return nil, failure.New(failure.Invalid, "%q is no image reference", request.Reference)
	}
	platform, err := v1.ParsePlatform(request.Platform)
	if err != nil {
		return nil, failure.New(failure.Invalid, "%q is no platform", request.Platform)
	}
	keys, err := newKeychain(request.DockerConfig)
	if err != nil {
		return nil, err
	}
	credentials, err := keys.Resolve(reference.Context())
	if err != nil {
		return nil, err
	}
	descriptor, err := remote.Get(reference,
		remote.WithContext(ctx),
		remote.WithAuth(credentials),
		remote.WithPlatform(*platform),
		remote.WithTransport(newGuard(request.Registries, credentials != authn.Anonymous)))
	if err != nil {
		return nil, Explain(request.Reference, err)
	}
	image, err := descriptor.Image()
	if err != nil {
		if strings.Contains(err.Error(), "no child with platform") {
			return nil, failure.New(failure.NotFound, "%s: there is none for %s", request.Reference, request.Platform)
		}
		return nil, Explain(request.Reference, err)
	}
	found := &Image{Subject: request.Reference, Repository: reference.Context().Name(), image: image}
	return found, found.measure()
}

// measure reads the manifest and believes nothing in it that would make us read without end.
func (i *Image) measure() error {
	digest, err := i.image.Digest()
	if err != nil {
		return Explain(i.Subject, err)
	}
	manifest, err := i.image.Manifest()
	if err != nil {
		return failure.New(failure.Invalid, "%s: its manifest cannot be read", i.Subject)
	}
	if digest.Algorithm != "sha256" {
		return failure.New(failure.Invalid, "%s: its digest is no SHA-256", i.Subject)
	}
	if manifest.Config.Size < 0 || manifest.Config.Size > maxConfig || len(manifest.Layers) > maxLayers {
		return failure.New(failure.TooLarge, "%s: its configuration is larger than %d MiB or it has more than %d layers",
			i.Subject, maxConfig>>20, maxLayers)
	}
	for _, layer := range manifest.Layers {
		if layer.Size < 0 || i.Compressed+layer.Size < i.Compressed {
			return failure.New(failure.Invalid, "%s: a layer has an impossible size", i.Subject)
		}
		if !layer.MediaType.IsLayer() || len(layer.URLs) > 0 {
			return failure.New(failure.Invalid, "%s: it has a layer of the type %q, which is not supported", i.Subject,
				layer.MediaType)
		}
		i.Compressed += layer.Size
	}
	i.Digest = digest.String()
	i.layers, err = i.image.Layers()
	if err != nil {
		return Explain(i.Subject, err)
	}
	return nil
}

// Config is the configuration as JSON.
func (i *Image) Config() ([]byte, error) {
	config, err := i.image.RawConfigFile()
	if err != nil {
		return nil, Explain(i.Subject, err)
	}
	return config, nil
}

// Layers are in the order in which they are applied. What their Compressed streams give is verified at its end.
func (i *Image) Layers() []v1.Layer { return i.layers }
