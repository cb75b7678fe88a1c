//! AWS WAF: which web ACL guards a load balancer.

use eksray_rule::{Gap, Reason};
use serde::Deserialize;
use serde_json::json;

use super::{place::Place, signed::Service};

const SERVICE: Service = Service { id: "WAFV2", name: "wafv2", version: "AWSWAF_20190729" };

#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(rename = "WebACL")]
    web_acl: Option<WebAcl>,
}

#[derive(Debug, Deserialize)]
struct WebAcl {
    #[serde(rename = "ARN")]
    arn: String,
}

/// `wafv2:GetWebACLForResource`: ARN of the web ACL of a load balancer.
pub(crate) async fn web_acl(place: &Place, resource: &str) -> Result<Option<String>, Gap> {
    let call = place.read("wafv2:GetWebACLForResource").once(
        || {
            let body = json!({ "ResourceArn": resource });
            place.signed.json(SERVICE, "GetWebACLForResource", body)
        },
        |it: Answer| Ok(it.web_acl.map(|it| it.arn)),
    );
    call.await.map_err(|gap| match gap.reason {
        // WAF looks whether the caller may read the web ACL that it found.
        Reason::Denied => {
            let detail = format!("{}; it needs {} too", gap.detail, "wafv2:GetWebACL");
            Gap { detail, ..gap }
        }
        _ => gap,
    })
}
