//! The proxy and the extra certificates that the environment asks for.
//!
//! The Kubernetes client reads none of this by itself for an endpoint that AWS names, and compares `NO_PROXY`
//! with the proxy instead of the cluster for one that a kubeconfig names.

use std::net::IpAddr;

use http::Uri;
use ipnet::IpNet;

/// `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proxies {
    https: Option<String>,
    http: Option<String>,
    except: Vec<Exception>,
}

/// One entry of `NO_PROXY`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Exception {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    All,
    Net(IpNet),
    /// The name itself and those below it.
    Domain(String),
    /// Those below the name.
    Below(String),
}

impl Proxies {
    /// What the environment says.
    pub(crate) fn from_env() -> Self {
        Self::new(|name| std::env::var(name).ok())
    }

    /// What some other lookup of variables says.
    pub(crate) fn new(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let either = |name: &str| {
            let found = lookup(&name.to_lowercase()).filter(|it| !it.trim().is_empty());
            found.or_else(|| lookup(name)).filter(|it| !it.trim().is_empty())
        };
        let any = either("ALL_PROXY");
        let except = either("NO_PROXY").unwrap_or_default();
        Self {
            https: either("HTTPS_PROXY").or_else(|| any.clone()),
            http: either("HTTP_PROXY").or(any),
            except: except.split([',', ' ', '\t']).filter_map(exception).collect(),
        }
    }

    /// The proxy to take to a URL; none to the machine itself.
    ///
    /// # Errors
    /// The variable holds no URL of a proxy; the message does not repeat it, for it may hold a password.
    pub(crate) fn of(&self, url: &Uri) -> Result<Option<Uri>, String> {
        let (proxy, port) = match url.scheme_str() {
            Some("http") => (&self.http, 80),
            _ => (&self.https, 443),
        };
        let (Some(proxy), Some(host)) = (proxy, url.host()) else { return Ok(None) };
        if is_excepted(&self.except, host, url.port_u16().unwrap_or(port)) {
            return Ok(None);
        }
        parse(proxy).map(Some)
    }
}

/// The URL of a proxy as the Kubernetes client takes it.
///
/// # Errors
/// It is none; the message does not repeat it.
pub(crate) fn parse(text: &str) -> Result<Uri, String> {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "http" => "http",
        "https" => "https",
        // The client has the proxy resolve names in any case, which is what `h` asks for.
        "socks5" | "socks5h" => "socks5",
        other => return Err(format!("proxies of scheme `{other}` are not supported")),
    };
    let url = format!("{scheme}://{rest}").parse::<Uri>();
    let url = url.ok().filter(|it| it.host().is_some_and(|host| !host.is_empty()));
    url.ok_or_else(|| "the proxy's address is no URL".to_owned())
}

fn is_excepted(exceptions: &[Exception], host: &str, port: u16) -> bool {
    let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    let address = host.parse::<IpAddr>().ok();
    if host == "localhost" || address.is_some_and(|it| it.is_loopback()) {
        return true;
    }
    exceptions.iter().any(|it| {
        it.port.is_none_or(|it| it == port)
            && match &it.hosts {
                Hosts::All => true,
                Hosts::Net(net) => address.is_some_and(|it| net.contains(&it)),
                Hosts::Domain(name) => host == *name || is_below(&host, name),
                Hosts::Below(name) => is_below(&host, name),
            }
    })
}

fn is_below(host: &str, name: &str) -> bool {
    host.strip_suffix(name).is_some_and(|it| it.ends_with('.'))
}

fn exception(text: &str) -> Option<Exception> {
    let text = text.trim().to_ascii_lowercase();
    if text.is_empty() {
        return None;
    }
    let whole = |hosts| Some(Exception { hosts, port: None });
    if let Ok(net) = text.parse::<IpNet>() {
        return whole(Hosts::Net(net));
    }
    if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return whole(Hosts::Net(address.into()));
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse().ok()?)),
        None => (text.as_str(), None),
    };
    let host = host.trim_matches(['[', ']']).trim_end_matches('.');
    let hosts = match host.parse::<IpAddr>() {
        Ok(address) => Hosts::Net(address.into()),
        Err(_) if host == "*" => Hosts::All,
        Err(_) => match host.strip_prefix('*').unwrap_or(host).strip_prefix('.') {
            Some(name) => Hosts::Below(name.to_owned()),
            None => Hosts::Domain(host.to_owned()),
        },
    };
    Some(Exception { hosts, port })
}

/// Certificates, in DER, of the files that `AWS_CA_BUNDLE` and `SSL_CERT_FILE` name: a proxy that opens TLS
/// shows a certificate of its own.
pub(crate) fn extra_certificates(lookup: impl Fn(&str) -> Option<String>) -> Vec<Vec<u8>> {
    let mut certificates = Vec::new();
    for name in ["AWS_CA_BUNDLE", "SSL_CERT_FILE"] {
        let Some(path) = lookup(name).filter(|it| !it.is_empty()) else { continue };
        let text = std::fs::read(&path).map_err(|it| it.to_string());
        match text.and_then(|it| certificates_in(&it)) {
            Ok(found) => certificates.extend(found),
            Err(error) => tracing::warn!("{name}: `{path}` is not read: {error}"),
        }
    }
    certificates.sort();
    certificates.dedup();
    certificates
}

/// The certificates of a PEM text, in DER.
///
/// # Errors
/// It is no PEM text.
pub(crate) fn certificates_in(text: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let blocks = pem::parse_many(text).map_err(|it| it.to_string())?;
    let certificates = blocks.into_iter().filter(|it| it.tag() == "CERTIFICATE");
    Ok(certificates.map(pem::Pem::into_contents).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: &str = "https://0123456789ABCDEF.gr7.eu-west-1.eks.amazonaws.com";

    fn proxy(variables: &[(&str, &str)], url: &str) -> Result<Option<String>, String> {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(it, _)| *it == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let proxy = Proxies::new(lookup).of(&url.parse().unwrap())?;
        Ok(proxy.map(|it| it.to_string()))
    }

    #[test]
    fn the_variables_are_taken_in_order() {
        for (variables, expected) in [
            (&[][..], None),
            (&[("HTTPS_PROXY", "http://p:3128")], Some("http://p:3128/")),
            (&[("https_proxy", "http://p:3128")], Some("http://p:3128/")),
            (
                &[("HTTPS_PROXY", "http://upper"), ("https_proxy", "http://lower")],
                Some("http://lower/"),
            ),
            (&[("ALL_PROXY", "socks5h://p:1080")], Some("socks5://p:1080/")),
            (&[("ALL_PROXY", "socks5://a"), ("HTTPS_PROXY", "http://b")], Some("http://b/")),
            (&[("HTTP_PROXY", "http://p:3128")], None),
            (&[("HTTPS_PROXY", "")], None),
            (&[("HTTPS_PROXY", "p:3128")], Some("http://p:3128/")),
            (&[("HTTPS_PROXY", "HTTPS://p")], Some("https://p/")),
            (&[("HTTPS_PROXY", "http://me:pa%40ss@p:3128")], Some("http://me:pa%40ss@p:3128/")),
        ] {
            assert_eq!(proxy(variables, CLUSTER).unwrap().as_deref(), expected, "{variables:?}");
        }
    }

    #[test]
    fn a_wrong_proxy_is_an_error_that_keeps_its_password() {
        for text in ["ftp://me:hunter2@p", "http://me:hunter2 @p", "http://"] {
            let error = proxy(&[("HTTPS_PROXY", text)], CLUSTER).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn exceptions_are_about_the_cluster() {
        let private = "https://10.0.3.7:6443";
        let six = "https://[fd00::7]:6443";
        for (no_proxy, url, direct) in [
            ("", CLUSTER, false),
            ("*", CLUSTER, true),
            (".eks.amazonaws.com", CLUSTER, true),
            ("*.eks.amazonaws.com", CLUSTER, true),
            ("eks.amazonaws.com", CLUSTER, true),
            ("EKS.AmazonAWS.com.", CLUSTER, true),
            ("s.amazonaws.com", CLUSTER, false),
            ("p", CLUSTER, false),
            (".0123456789abcdef.gr7.eu-west-1.eks.amazonaws.com", CLUSTER, false),
            ("0123456789ABCDEF.gr7.eu-west-1.eks.amazonaws.com", CLUSTER, true),
            ("eks.amazonaws.com:443", CLUSTER, true),
            ("eks.amazonaws.com:6443", CLUSTER, false),
            ("localhost, ,10.0.0.0/8,", private, true),
            ("localhost 10.0.0.0/8", private, true),
            ("10.1.0.0/16", private, false),
            ("10.0.3.7", private, true),
            ("10.0.3.7:6443", private, true),
            ("10.0.3.7:443", private, false),
            ("fd00::/8", six, true),
            ("fd00::7", six, true),
            ("[fd00::7]:6443", six, true),
            ("[fd00::7]:443", six, false),
            ("eks.amazonaws.com:port", CLUSTER, false),
            ("", "https://localhost:8443", true),
            ("", "https://127.0.0.1:8443", true),
            ("", "https://[::1]:8443", true),
        ] {
            let found = proxy(&[("HTTPS_PROXY", "http://p:3128"), ("NO_PROXY", no_proxy)], url);
            assert_eq!(found.unwrap().is_none(), direct, "{no_proxy} {url}");
        }
    }

    #[test]
    fn a_bundle_that_cannot_be_read_adds_nothing() {
        let nothing =
            extra_certificates(|it| (it == "SSL_CERT_FILE").then(|| "/no/such".to_owned()));
        assert!(nothing.is_empty());
    }
}
