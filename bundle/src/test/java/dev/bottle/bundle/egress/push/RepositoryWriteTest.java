package dev.bottle.bundle.egress.push;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RepositoryWriteTest {
  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          POST, /acme/app.git/git-receive-pack
          POST, /acme/app/git-receive-pack/
          PUT, /git-receive-pack
          GET, /acme/app.git/info/refs?service=git-receive-pack
          GET, /acme/app.git/info/refs?x=1&service=git-receive-pack&y=2
          GET, /acme/app.git/info/refs?service=git%2Dreceive%2Dpack
          GET, /acme/app.git/info/refs?s%65rvice=git-receive-pack
          POST, /acme/app.git/git%2Dreceive-pack
          POST, /acme/app.git/git%252Dreceive-pack
          POST, /acme/app.git//git-receive-pack;x=1
          POST, /acme/app.git%2Fgit-receive-pack
          POST, /acme/app.git/GIT-Receive-Pack
          """)
  void aPushIsOneOnEveryHost(String method, String target) {
    assertThat(RepositoryWrite.of("anywhere.example.org", method, target))
        .contains(RepositoryWrite.GIT_PUSH);
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          api.github.com, PUT, /repos/acme/app/contents/README.md
          api.github.com, DELETE, /repos/acme/app/contents/README.md
          api.github.com, POST, /repos/acme/app/git/blobs
          api.github.com, POST, /repos/acme/app/git/trees
          api.github.com, PATCH, /repos/acme/app/git/refs/heads/main
          api.github.com, POST, /repos/acme/app/merges
          api.github.com, PUT, /repos/acme/app/pulls/7/merge
          api.github.com, POST, /repos/acme/app/releases
          api.github.com, POST, /graphql
          api.github.com, POST, /gists
          api.github.com, PATCH, /gists/1
          uploads.github.com, POST, /repos/acme/app/releases/1/assets?name=x
          github.example.org, PUT, /api/v3/repos/acme/app/contents/x
          github.example.org, POST, /api/graphql
          gitea.example.org, POST, /api/v1/repos/acme/app/contents/x
          gitlab.com, POST, /api/v4/projects/1/repository/commits
          gitlab.com, PUT, /api/v4/projects/acme%2Fapp/repository/files/x
          gitlab.com, PUT, /api/v4/projects/1/merge_requests/2/merge
          gitlab.com, POST, /api/v4/projects/1/wikis
          gitlab.com, POST, /api/v4/snippets
          gitlab.com, POST, /api/graphql
          api.github.com, PUT, /repositories/42/contents/x
          api.github.com, POST, /repositories/42/git/blobs
          api.github.com, PUT, /repos/acme/app/pulls/7/update-branch
          api.github.com, PATCH, /repos/acme/app
          api.github.com, POST, /repos/acme/app/forks
          api.github.com, POST, /repos/acme/app/keys
          api.github.com, POST, /repos/acme/app/dispatches
          api.github.com, POST, /something/new
          api.github.com, PUT, /repos/acme/app/contents/x/repos/acme/app/issues
          api.github.com, PUT, /repos/acme%2Fapp%2Fcontents/x/issues
          api.acme.ghe.com, PUT, /repos/acme/app/contents/x
          api.acme.ghe.com, POST, /graphql
          uploads.acme.ghe.com, POST, /repos/acme/app/releases/1/assets
          github.example.org, POST, /api/uploads/repos/acme/app/releases/1/assets
          github.example.org, PUT, /api/v3/repositories/42/contents/x
          example.org, POST, /gitea/api/v1/repos/acme/app/diffpatch
          example.org, POST, /gitlab/api/v4/projects/1/repository/commits
          example.org, PUT, /api/v3/repos/a/b/contents/api/v3/repos/a/b/issues
          gitea.example.org, POST, /api/v1/repos/acme/app/push_mirrors
          gitea.example.org, POST, /api/v1/repos/migrate
          gitlab.com, PUT, /api/v4/suggestions/1/apply
          gitlab.com, POST, /api/v4/groups/1/wikis
          gitlab.com, POST, /api/v4/projects/1/remote_mirrors
          gitlab.com, PUT, /api/v4/projects/1/repository/files/issues
          gitlab.com, PUT, /api/v4/projects/1/merge_requests/2/rebase
          gitlab.com, PUT, /acme/app.git/gitlab-lfs/objects/0123/5
          gitea.example.org, PUT, /acme/app.git/info/lfs/objects/0123
          """)
  void anApiThatWritesIsOne(String host, String method, String target) {
    assertThat(RepositoryWrite.of(host, method, target)).contains(RepositoryWrite.FORGE_API);
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          github.com, GET, /acme/app.git/info/refs?service=git-upload-pack
          github.com, POST, /acme/app.git/git-upload-pack
          github.com, GET, /acme/app/blob/main/git-receive-pack.md
          api.github.com, GET, /repos/acme/app/contents/README.md
          api.github.com, POST, /repos/acme/app/issues
          api.github.com, POST, /repos/acme/app/pulls
          api.github.com, POST, /repos/acme/app/pulls/7/comments
          api.github.com, POST, /repos/acme/app/issues/7/comments
          api.github.com, POST, /markdown
          example.org, POST, /gitea/api/v1/repos/acme/app/issues
          gitlab.com, POST, /api/v4/projects/acme%2Fapp/merge_requests/2/notes
          gitlab.com, POST, /api/v4/projects/1/merge_requests
          github.com, POST, /acme/app.git/info/lfs/objects/batch
          chat.example.org, POST, /api/v4/posts
          example.org, POST, /api/v1/orders
          api.github.com, HEAD, /gists
          gitlab.com, GET, /api/v4/projects/1/repository/files/x
          gitlab.com, POST, /api/v4/projects/1/issues
          api.anthropic.com, POST, /v1/messages
          example.org, POST, /graphql
          example.org, PUT, /repos/acme/app/contents/x
          example.org, GET, /search?q=100%
          """)
  void otherRequestsAreNone(String host, String method, String target) {
    assertThat(RepositoryWrite.of(host, method, target)).isEmpty();
  }
}
