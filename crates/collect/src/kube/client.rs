//! Clients of API servers: from what AWS says of a cluster, from a kubeconfig, from inside a pod.

use std::{path::PathBuf, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use eksray_rule::{Gap, Reason};
use futures::future::BoxFuture;
use http::{HeaderValue, Uri, header::USER_AGENT};
use kube::{
    Client, Config,
    client::ClientBuilder,
    config::{AuthInfo, Cluster, Kubeconfig, KubeconfigError},
};
use tower::buffer::BufferLayer;

use super::CONNECT;
use crate::{
    ClusterAccess,
    proxy::{self, Proxies},
    token::{Login, deepest},
};

/// An address that nobody answers at is the usual case of a private endpoint: give up soon.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A login command of a kubeconfig may wait for somebody who is not there.
const LOGIN_TIMEOUT: Duration = Duration::from_mins(1);

const AGENT: &str = concat!("eksray/", env!("CARGO_PKG_VERSION"));

/// A context of a kubeconfig.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The file; by default what `KUBECONFIG` names, else `~/.kube/config`.
    pub file: Option<PathBuf>,
    /// The context; by default the current one.
    pub name: Option<String>,
}

/// What the environment adds to every client.
struct Environment {
    proxies: Proxies,
    certificates: Vec<Vec<u8>>,
}

impl Environment {
    fn read() -> Self {
        let certificates = proxy::extra_certificates(|name| std::env::var(name).ok());
        Self { proxies: Proxies::from_env(), certificates }
    }
}

/// A client of the endpoint that AWS names, logged in with AWS credentials.
pub async fn endpoint(access: &ClusterAccess) -> Result<Client, Gap> {
    let config = endpoint_config(access, &Environment::read()).map_err(unreachable)?;
    build(config, Some(Login::new(access))).await
}

/// A client of a context. Where the cluster is one that AWS knows, its certificate authority and login fill
/// what the context leaves out: a context that only names a tunnel is enough.
pub async fn context(which: &Context, access: Option<&ClusterAccess>) -> Result<Client, Gap> {
    let kubeconfig = match &which.file {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    let kubeconfig = kubeconfig.map_err(|it| unreachable(unreadable(&it)))?;
    let environment = Environment::read();
    let (config, login) = context_config(kubeconfig, which.name.as_deref(), access, &environment)
        .map_err(unreachable)?;
    build(config, login).await
}

/// A client of the cluster that this process runs in, with its service account.
pub async fn in_cluster() -> Result<Client, Gap> {
    let mut config = Config::incluster().map_err(|it| unreachable(it.to_string()))?;
    finish(&mut config, None, &Environment::read()).map_err(unreachable)?;
    build(config, None).await
}

fn unreachable(detail: String) -> Gap {
    Gap { call: CONNECT.to_owned(), reason: Reason::Unreachable, detail }
}

fn endpoint_config(access: &ClusterAccess, environment: &Environment) -> Result<Config, String> {
    let Some(endpoint) = &access.endpoint else {
        return Err("the cluster has no endpoint yet".to_owned());
    };
    let url: Uri = endpoint.parse().map_err(|_| "the endpoint is no URL".to_owned())?;
    let mut config = Config::new(url);
    config.root_cert = authority(access)?;
    finish(&mut config, None, environment)?;
    Ok(config)
}

fn authority(access: &ClusterAccess) -> Result<Option<Vec<Vec<u8>>>, String> {
    let Some(text) = &access.certificate_authority else { return Ok(None) };
    certificates(text).map(Some)
}

fn certificates(text: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    proxy::certificates_in(text).map_err(|_| "the certificate authority is no PEM text".to_owned())
}

/// The client's own loader fails on a `NO_PROXY` with a trailing comma and compares it with the wrong host,
/// so that contexts are resolved here.
fn context_config(
    kubeconfig: Kubeconfig,
    name: Option<&str>,
    access: Option<&ClusterAccess>,
    environment: &Environment,
) -> Result<(Config, Option<Login>), String> {
    let Kubeconfig { clusters, auth_infos, contexts, current_context, .. } = kubeconfig;
    let name = name.map(str::to_owned).or(current_context);
    let Some(name) = name else { return Err("the kubeconfig has no current context".to_owned()) };
    let context = contexts.into_iter().find(|it| it.name == name).and_then(|it| it.context);
    let Some(context) = context else {
        return Err(format!("the kubeconfig has no context `{name}`"));
    };
    let cluster = clusters.into_iter().find(|it| it.name == context.cluster);
    let Some(cluster) = cluster.and_then(|it| it.cluster) else {
        return Err(format!("the kubeconfig has no cluster `{}`", context.cluster));
    };
    let user = context.user.and_then(|user| auth_infos.into_iter().find(|it| it.name == user));
    let mut user = user.and_then(|it| it.auth_info).unwrap_or_default();
    if let Some(exec) = &mut user.exec
        && exec.provide_cluster_info
    {
        exec.cluster = Some((&cluster).try_into().map_err(|it| unreadable(&it))?);
    }
    let server = cluster.server.as_deref().unwrap_or_default();
    let mut config = Config::new(server.parse().map_err(|_| "the server is no URL".to_owned())?);
    config.root_cert = cluster_authority(&cluster)?;
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
    config.disable_compression = cluster.disable_compression.unwrap_or(false);
    config.tls_server_name.clone_from(&cluster.tls_server_name);
    let login = access.filter(|_| is_nobody(&user)).map(Login::new);
    config.auth_info = user;
    if let Some(access) = access {
        through_tunnel(&mut config, access)?;
    }
    finish(&mut config, cluster.proxy_url.as_deref(), environment)?;
    Ok((config, login))
}

/// A context with another host than the cluster's endpoint leads through a tunnel: the certificate is still
/// the endpoint's.
fn through_tunnel(config: &mut Config, access: &ClusterAccess) -> Result<(), String> {
    if config.root_cert.is_some() || config.accept_invalid_certs {
        return Ok(());
    }
    config.root_cert = authority(access)?;
    let endpoint = access.endpoint.as_deref().and_then(|it| it.parse::<Uri>().ok());
    let host = endpoint.as_ref().and_then(Uri::host);
    if config.tls_server_name.is_none() && host != config.cluster_url.host() {
        config.tls_server_name = host.map(str::to_owned);
    }
    Ok(())
}

fn cluster_authority(cluster: &Cluster) -> Result<Option<Vec<Vec<u8>>>, String> {
    let text = match (&cluster.certificate_authority_data, &cluster.certificate_authority) {
        (Some(data), _) => STANDARD
            .decode(data.trim())
            .map_err(|_| "certificate-authority-data is no base64".to_owned())?,
        (_, Some(path)) => std::fs::read(path).map_err(|it| format!("`{path}`: {it}"))?,
        _ => return Ok(None),
    };
    certificates(&text).map(Some)
}

/// A user who is not described at all.
fn is_nobody(user: &AuthInfo) -> bool {
    user.username.is_none()
        && user.token.is_none()
        && user.token_file.is_none()
        && user.client_certificate.is_none()
        && user.client_certificate_data.is_none()
        && user.auth_provider.is_none()
        && user.exec.is_none()
}

/// What all clients have in common.
fn finish(
    config: &mut Config,
    proxy_url: Option<&str>,
    environment: &Environment,
) -> Result<(), String> {
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    // Requests have their own deadlines and retries, which the scan's accounting sees.
    config.read_timeout = None;
    config.default_retry = false;
    config.headers.push((USER_AGENT, HeaderValue::from_static(AGENT)));
    config.proxy_url = match proxy_url.filter(|it| !it.is_empty()) {
        Some(text) => Some(proxy::parse(text)?),
        None => environment.proxies.of(&config.cluster_url)?,
    };
    if let Some(roots) = &mut config.root_cert
        && !environment.certificates.is_empty()
    {
        roots.extend(environment.certificates.iter().cloned());
        // It would be read again later, without what was just added.
        config.root_cert_file = None;
    }
    Ok(())
}

/// Builds a client aside: a kubeconfig may run a command to log in. Boxed for the reason that [`crate::account`] is.
fn build(config: Config, login: Option<Login>) -> BoxFuture<'static, Result<Client, Gap>> {
    let work = tokio::task::spawn_blocking(move || {
        let builder = ClientBuilder::try_from(config)?;
        Ok(match login {
            // The buffer makes the client's service one that can be cloned, to send a request twice.
            Some(login) => builder.with_layer(&BufferLayer::new(64)).with_layer(&login).build(),
            None => builder.build(),
        })
    });
    Box::pin(async {
        match tokio::time::timeout(LOGIN_TIMEOUT, work).await {
            Ok(Ok(Ok(client))) => Ok(client),
            Ok(Ok(Err(error))) => Err(cannot_build(&error)),
            Ok(Err(_panicked)) => Err(unreachable("the client could not be built".to_owned())),
            Err(_elapsed) => Err(Gap {
                call: CONNECT.to_owned(),
                reason: Reason::Timeout,
                detail: "the login of the kubeconfig's user does not end".to_owned(),
            }),
        }
    })
}

/// A failed login may repeat what its command printed, which nobody else should.
fn cannot_build(error: &kube::Error) -> Gap {
    match error {
        kube::Error::Auth(_) => Gap {
            call: CONNECT.to_owned(),
            reason: Reason::Denied,
            detail: "the login of the kubeconfig's user failed".to_owned(),
        },
        other => unreachable(deepest(other)),
    }
}

/// The text of a parse error shows lines of the file, which holds tokens.
fn unreadable(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::ReadConfig(error, path) => format!("`{}`: {error}", path.display()),
        KubeconfigError::FindPath => "there is no kubeconfig".to_owned(),
        _ => "the kubeconfig cannot be understood".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
    use eksray_rule::ClusterId;

    use super::*;

    const ENDPOINT: &str = "https://0123.gr7.eu-west-1.eks.amazonaws.com";
    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";

    fn access() -> ClusterAccess {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        ClusterAccess {
            id: ClusterId("arn:aws:eks:eu-west-1:123456789012:cluster/shop".to_owned()),
            name: "shop".to_owned(),
            region: "eu-west-1".to_owned(),
            partition: "aws".to_owned(),
            endpoint: Some(ENDPOINT.to_owned()),
            certificate_authority: Some(CERTIFICATE.as_bytes().to_vec()),
            credentials: SharedCredentialsProvider::new(credentials),
            private_only: false,
        }
    }

    fn environment(variables: &'static [(&'static str, &'static str)]) -> Environment {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(it, _)| *it == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Environment { proxies: Proxies::new(lookup), certificates: Vec::new() }
    }

    fn kubeconfig(cluster: &str, user: &str) -> Kubeconfig {
        Kubeconfig::from_yaml(&format!(
            "current-context: tunnel\n\
             contexts: [{{ name: tunnel, context: {{ cluster: c, user: u }} }}]\n\
             clusters: [{{ name: c, cluster: {{ {cluster} }} }}]\n\
             users: [{{ name: u, user: {{ {user} }} }}]\n"
        ))
        .unwrap()
    }

    fn proxy_of(config: &Config) -> Option<String> {
        config.proxy_url.as_ref().map(ToString::to_string)
    }

    #[test]
    fn an_endpoint_brings_its_own_certificate_authority() {
        let mut environment = environment(&[("HTTPS_PROXY", "http://p:3128")]);
        let config = endpoint_config(&access(), &environment).unwrap();
        assert_eq!(config.root_cert, Some(vec![b"hello".to_vec()]));
        assert_eq!(proxy_of(&config).as_deref(), Some("http://p:3128/"));
        assert!(!config.default_retry && !config.disable_compression);
        environment.certificates = vec![b"proxy".to_vec()];
        let config = endpoint_config(&access(), &environment).unwrap();
        assert_eq!(config.root_cert, Some(vec![b"hello".to_vec(), b"proxy".to_vec()]));
    }

    #[test]
    fn an_endpoint_that_is_not_there_yet_is_said_to_be_so() {
        let error = |access| endpoint_config(&access, &environment(&[])).err();
        let access = ClusterAccess { endpoint: None, ..access() };
        assert_eq!(error(access).as_deref(), Some("the cluster has no endpoint yet"));
    }

    #[test]
    fn a_context_without_user_and_authority_takes_them_from_aws() {
        let tunnel = || kubeconfig("server: 'https://localhost:8443'", "");
        let with = |access| context_config(tunnel(), None, access, &environment(&[])).unwrap();
        let access = access();
        let (config, login) = with(Some(&access));
        assert!(login.is_some());
        assert_eq!(config.root_cert, Some(vec![b"hello".to_vec()]));
        let host = "0123.gr7.eu-west-1.eks.amazonaws.com";
        assert_eq!(config.tls_server_name.as_deref(), Some(host));
        let (config, login) = with(None);
        assert!(login.is_none() && config.root_cert.is_none() && config.tls_server_name.is_none());
    }

    #[test]
    fn a_context_keeps_its_own_user_and_authority() {
        let data =
            STANDARD.encode("-----BEGIN CERTIFICATE-----\nb3du\n-----END CERTIFICATE-----\n");
        let cluster =
            format!("server: 'https://localhost:8443', certificate-authority-data: {data}");
        let kubeconfig = kubeconfig(&cluster, "token: abc");
        let (config, login) =
            context_config(kubeconfig, Some("tunnel"), Some(&access()), &environment(&[])).unwrap();
        assert!(login.is_none() && config.tls_server_name.is_none());
        assert_eq!(config.root_cert, Some(vec![b"own".to_vec()]));
    }

    #[test]
    fn the_proxy_of_a_context_goes_before_that_of_the_environment() {
        // The trailing comma is one that the client's own loader does not take.
        let variables =
            &[("HTTPS_PROXY", "http://p:3128"), ("NO_PROXY", "localhost,.example.com,")];
        let proxy = |cluster: &str| {
            let environment = environment(variables);
            let (config, _) =
                context_config(kubeconfig(cluster, ""), None, None, &environment).unwrap();
            proxy_of(&config)
        };
        assert_eq!(proxy("server: 'https://a.example.org'").as_deref(), Some("http://p:3128/"));
        assert_eq!(proxy("server: 'https://a.example.com'"), None);
        assert_eq!(
            proxy("server: 'https://a.example.com', proxy-url: 'socks5h://s:1080'").as_deref(),
            Some("socks5://s:1080/")
        );
    }

    #[test]
    fn what_a_kubeconfig_lacks_is_named() {
        let error = |kubeconfig, name| {
            context_config(kubeconfig, name, None, &environment(&[])).err().unwrap()
        };
        let whole = || kubeconfig("server: 'https://a.example.org'", "");
        assert_eq!(error(whole(), Some("prod")), "the kubeconfig has no context `prod`");
        let without = Kubeconfig { clusters: Vec::new(), ..whole() };
        assert_eq!(error(without, None), "the kubeconfig has no cluster `c`");
        assert_eq!(error(Kubeconfig::default(), None), "the kubeconfig has no current context");
    }

    #[tokio::test]
    async fn a_kubeconfig_that_does_not_parse_keeps_its_tokens() {
        let file = std::env::temp_dir().join(format!("eksray-{}.kubeconfig", std::process::id()));
        std::fs::write(&file, "users: [{ name: u, user: { token: hunter2 }\n").unwrap();
        let which = Context { file: Some(file.clone()), name: None };
        let gap = context(&which, None).await.err().unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(gap.detail, "the kubeconfig cannot be understood");
        let gap = context(&which, None).await.err().unwrap();
        assert!(gap.detail.contains("No such file"), "{gap}");
    }

    #[tokio::test]
    async fn a_login_command_that_fails_keeps_what_it_printed() {
        let exec = "exec: { apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, \
                    command: sh, args: [-c, 'echo hunter2; exit 1'] }";
        let kubeconfig = kubeconfig("server: 'https://localhost:1'", exec);
        let (config, _) = context_config(kubeconfig, None, None, &environment(&[])).unwrap();
        let gap = build(config, None).await.err().unwrap();
        assert_eq!(gap.reason, Reason::Denied);
        assert_eq!(gap.detail, "the login of the kubeconfig's user failed");
    }
}
