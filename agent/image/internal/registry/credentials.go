package registry

import (
	"bytes"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"
	"github.com/docker/cli/cli/config/types"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"bottle.dev/image/internal/failure"
)

// keychain finds the credentials for a repository in a Docker configuration that never was a file.
type keychain struct{ file *configfile.ConfigFile }

func newKeychain(dockerConfig []byte) (*keychain, error) {
	file, err := config.LoadFromReader(bytes.NewReader(dockerConfig))
	if err != nil {
		return nil, failure.New(failure.NotFound, "a pull secret holds an entry that is not user:password in base64")
	}
	// These name programs to run.
	file.CredentialsStore = ""
	file.CredentialHelpers = nil
	return &keychain{file}, nil
}

func (k *keychain) Resolve(target authn.Resource) (authn.Authenticator, error) {
	for _, key := range []string{target.String(), target.RegistryStr()} {
		if key == name.DefaultRegistry {
			key = authn.DefaultAuthKey
		}
		found, err := k.file.GetAuthConfig(key)
		if err != nil {
			return nil, failure.New(failure.NotFound, "the pull secret cannot be read")
		}
		found.ServerAddress = ""
		if found != (types.AuthConfig{}) {
			return authn.FromConfig(authn.AuthConfig{
				Username:      found.Username,
				Password:      found.Password,
				Auth:          found.Auth,
				IdentityToken: found.IdentityToken,
				RegistryToken: found.RegistryToken,
			}), nil
		}
	}
	return authn.Anonymous, nil
}
