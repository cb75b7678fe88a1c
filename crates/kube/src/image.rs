//! Image references, taken apart as container runtimes do.

/// Repository of a reference with its registry spelled out and without tag and digest:
/// `nginx:1.27` is `docker.io/library/nginx`.
pub fn repository(image: &str) -> String {
    let image = image.trim();
    let image = image.split_once('@').map_or(image, |(name, _)| name);
    // A colon after the last slash starts a tag; before it, a port.
    let name_from = image.rfind('/').map_or(0, |at| at + 1);
    let image = match image[name_from..].find(':') {
        Some(at) => &image[..name_from + at],
        None => image,
    };
    let (host, path) = match image.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path),
        _ => ("docker.io", image),
    };
    let host = host.to_ascii_lowercase();
    match host.as_str() {
        "docker.io" | "index.docker.io" | "registry-1.docker.io" if !path.contains('/') => {
            format!("docker.io/library/{path}")
        }
        "index.docker.io" | "registry-1.docker.io" => format!("docker.io/{path}"),
        _ => format!("{host}/{path}"),
    }
}

/// Whether a repository is another one or lies under it, by whole path segments.
pub fn is_under(repository: &str, prefix: &str) -> bool {
    repository.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The account of a private Amazon ECR registry, whatever its Region, partition and endpoint.
pub fn ecr_account(repository: &str) -> Option<&str> {
    let host = repository.split('/').next()?;
    let (account, endpoint) = host.split_once('.')?;
    let is_account = account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit());
    let is_ecr = ["dkr.ecr.", "dkr.ecr-fips.", "dkr-ecr.", "dkr-ecr-fips."]
        .iter()
        .any(|it| endpoint.starts_with(it));
    let is_aws = [".amazonaws.com", ".amazonaws.com.cn", ".on.aws", ".on.amazonwebservices.com.cn"]
        .iter()
        .any(|it| endpoint.ends_with(it));
    (is_account && is_ecr && is_aws).then_some(account)
}

/// The tag of a reference, if it has one.
pub fn tag(image: &str) -> Option<&str> {
    let image = image.trim();
    let image = image.split_once('@').map_or(image, |(name, _)| name);
    let name = image.rsplit('/').next()?;
    name.split_once(':').map(|(_, tag)| tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_are_spelled_out() {
        for (image, expected) in [
            ("nginx", "docker.io/library/nginx"),
            ("nginx:1.27", "docker.io/library/nginx"),
            ("velero/velero:v1.9.2", "docker.io/velero/velero"),
            ("index.docker.io/library/nginx", "docker.io/library/nginx"),
            ("docker.io/nginx@sha256:00", "docker.io/library/nginx"),
            ("localhost/app", "localhost/app"),
            (
                "Registry.Example.com:5000/team/app:v1@sha256:00",
                "registry.example.com:5000/team/app",
            ),
            ("", "docker.io/library/"),
        ] {
            assert_eq!(repository(image), expected, "{image}");
        }
    }

    #[test]
    fn prefixes_end_at_slashes() {
        assert!(is_under("quay.io/calico/node", "quay.io/calico"));
        assert!(is_under("quay.io/calico", "quay.io/calico"));
        assert!(!is_under("quay.io/calico-evil/node", "quay.io/calico"));
    }

    #[test]
    fn accounts_are_read_from_real_ecr_hosts_only() {
        for (repository, expected) in [
            ("602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/coredns", Some("602401143452")),
            ("918309763551.dkr.ecr.cn-north-1.amazonaws.com.cn/x", Some("918309763551")),
            ("602401143452.dkr-ecr.eu-west-1.on.aws/x", Some("602401143452")),
            ("602401143452.dkr.ecr.us-west-2.amazonaws.com.evil.example/x", None),
            ("602401143452.evil.example/dkr.ecr.us-west-2.amazonaws.com/x", None),
            ("60240114345.dkr.ecr.us-west-2.amazonaws.com/x", None),
            ("docker.io/602401143452/x", None),
        ] {
            assert_eq!(ecr_account(repository), expected, "{repository}");
        }
    }

    #[test]
    fn tags_are_not_ports() {
        assert_eq!(tag("registry:5000/app"), None);
        assert_eq!(tag("registry:5000/app:v1@sha256:0"), Some("v1"));
    }
}
