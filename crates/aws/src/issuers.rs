//! OIDC issuers: which ones give tokens to strangers, and which belong to EKS clusters.

/// Hosts whose one issuer signs tokens for every customer (documentation of each, 2026-06).
/// Several of them also have issuers of one tenant, which carry the tenant in the path.
const SHARED_HOSTS: &[&str] = &[
    "accounts.google.com",
    "agent.buildkite.com",
    "api.bitbucket.org",
    "app.terraform.io",
    "cognito-identity.amazonaws.com",
    "gitlab.com",
    "oidc.circleci.com",
    "oidc.vercel.com",
    "token.actions.githubusercontent.com",
    "vstoken.dev.azure.com",
];

/// First path segments of Entra issuers that no single organization owns; the last is the tenant of personal accounts.
const SHARED_ENTRA_TENANTS: &[&str] =
    &["common", "organizations", "consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"];

/// The issuer without scheme and trailing slash, as IAM names providers.
pub fn bare(issuer: &str) -> &str {
    issuer.strip_prefix("https://").unwrap_or(issuer).trim_end_matches('/')
}

/// Whether anybody can get a token of this issuer.
pub fn is_shared(issuer: &str) -> bool {
    let (host, path) = bare(issuer).split_once('/').unwrap_or((bare(issuer), ""));
    let host = host.to_ascii_lowercase();
    if host == "login.microsoftonline.com" || host == "sts.windows.net" {
        let tenant = path.split('/').next().unwrap_or_default().to_ascii_lowercase();
        return SHARED_ENTRA_TENANTS.contains(&tenant.as_str());
    }
    path.is_empty() && SHARED_HOSTS.contains(&host.as_str())
}

/// Hosts whose issuers sign tokens for builds and deployments (documentation of each, 2026-06).
const PIPELINE_HOSTS: &[&str] = &[
    "agent.buildkite.com",
    "api.bitbucket.org",
    "app.terraform.io",
    "gitlab.com",
    "oidc.circleci.com",
    "oidc.vercel.com",
    "token.actions.githubusercontent.com",
    "vstoken.dev.azure.com",
];

/// Whether pipelines of a continuous integration service get tokens of this issuer, own GitLab and GitHub hosts included.
pub fn is_pipeline(issuer: &str) -> bool {
    let (host, path) = bare(issuer).split_once('/').unwrap_or((bare(issuer), ""));
    let host = host.to_ascii_lowercase();
    PIPELINE_HOSTS.contains(&host.as_str())
        || host.starts_with("gitlab.")
        || host.starts_with("token.actions.") && host.ends_with(".ghe.com")
        || path.starts_with("_services/token")
}

/// The Region of an EKS cluster's issuer, such as `oidc.eks.eu-west-1.amazonaws.com/id/…`, in any partition.
pub fn eks_region(issuer: &str) -> Option<&str> {
    let host = bare(issuer).split('/').next()?;
    let (region, domain) = host.strip_prefix("oidc.eks.")?.split_once('.')?;
    matches!(
        domain,
        "amazonaws.com" | "amazonaws.com.cn" | "api.aws" | "api.amazonwebservices.com.cn"
    )
    .then_some(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_of_one_tenant_is_not_shared() {
        for (issuer, shared) in [
            ("https://token.actions.githubusercontent.com", true),
            ("https://token.actions.githubusercontent.com/octo-corp", false),
            ("https://gitlab.com/", true),
            ("https://gitlab.example.com", false),
            ("https://login.microsoftonline.com/common/v2.0", true),
            ("https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0", false),
            ("https://oidc.circleci.com/org/1f0c", false),
        ] {
            assert_eq!(is_shared(issuer), shared, "{issuer}");
        }
    }

    #[test]
    fn pipelines_have_issuers_of_their_own() {
        for (issuer, pipeline) in [
            ("https://token.actions.githubusercontent.com/octo-corp", true),
            ("https://gitlab.example.com", true),
            ("https://github.example.com/_services/token", true),
            ("https://accounts.google.com", false),
            ("oidc.eks.eu-west-1.amazonaws.com/id/A", false),
        ] {
            assert_eq!(is_pipeline(issuer), pipeline, "{issuer}");
        }
    }

    #[test]
    fn the_region_of_a_cluster_is_in_its_issuer() {
        let region = |it| eks_region(it);
        assert_eq!(region("https://oidc.eks.eu-west-1.amazonaws.com/id/A"), Some("eu-west-1"));
        assert_eq!(region("oidc.eks.cn-north-1.amazonaws.com.cn/id/A"), Some("cn-north-1"));
        assert_eq!(region("oidc.eks.evil.example.com/id/A"), None);
        assert_eq!(region("accounts.google.com"), None);
    }
}
