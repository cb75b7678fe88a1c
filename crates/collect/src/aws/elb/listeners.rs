//! Listeners of a load balancer, with what its rules say about targets and login.

use eksray_aws::inventory::elb::{Listener, LoadBalancer};
use eksray_rule::{Fetched, Gap};
use futures::{future::try_join_all, join};
use serde::Deserialize;

use super::{SERVICE, page, tls};
use crate::aws::{place::Place, read::Page, signed::Members};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Listeners {
    listeners: Members<Described>,
    next_marker: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    listener_arn: String,
    #[serde(default)]
    port: u16,
    #[serde(default)]
    protocol: String,
    ssl_policy: Option<String>,
    #[serde(default)]
    default_actions: Members<Action>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Rules {
    rules: Members<Rule>,
    next_marker: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rule {
    #[serde(default)]
    actions: Members<Action>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Action {
    #[serde(rename = "Type")]
    type_: String,
    target_group_arn: Option<String>,
    forward_config: Option<Forward>,
    authenticate_oidc_config: Option<Authenticate>,
    authenticate_cognito_config: Option<Authenticate>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Forward {
    #[serde(default)]
    target_groups: Members<ForwardGroup>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ForwardGroup {
    target_group_arn: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Authenticate {
    on_unauthenticated_request: Option<String>,
}

/// `elasticloadbalancing:DescribeListeners`, each with its rules. Only application load balancers have rules.
pub(super) async fn listeners(place: &Place, of: &LoadBalancer) -> Result<Vec<Listener>, Gap> {
    let arn = ("LoadBalancerArn".to_owned(), of.arn.clone());
    let call = place.read("elasticloadbalancing:DescribeListeners").all(
        |marker| {
            place.signed.query::<Listeners>(
                SERVICE,
                "DescribeListeners",
                page(marker, vec![arn.clone()]),
            )
        },
        |it| {
            let items = it.listeners.into_iter().collect();
            Ok(Page { items, next: it.next_marker })
        },
    );
    let described: Vec<Described> = call.await?;
    let listeners = described.into_iter().map(|it| async move {
        let (arn, actions) = (it.listener_arn, it.default_actions);
        let ways = async {
            match of.type_.as_str() {
                "application" => rules(place, &arn).await,
                _ => Ok(vec![actions.into_iter().collect()]),
            }
        };
        let certificates = async {
            match it.ssl_policy {
                Some(_) => tls::certificates(place, &arn).await,
                None => Ok(Vec::new()),
            }
        };
        let (ways, certificates) = join!(ways, certificates);
        let mut listener = listener(it.port, it.protocol, &ways?);
        listener.certificate_arns = certificates.into();
        listener.ssl_policy = it.ssl_policy;
        Ok(listener)
    });
    let mut listeners = try_join_all(listeners).await?;
    listeners.sort_by(|a, b| (a.port, &a.protocol).cmp(&(b.port, &b.protocol)));
    Ok(listeners)
}

/// The actions of every rule, the default one included.
async fn rules(place: &Place, listener: &str) -> Result<Vec<Vec<Action>>, Gap> {
    let arn = ("ListenerArn".to_owned(), listener.to_owned());
    let call = place.read("elasticloadbalancing:DescribeRules").all(
        |marker| {
            place.signed.query::<Rules>(SERVICE, "DescribeRules", page(marker, vec![arn.clone()]))
        },
        |it| {
            let rules = it.rules.into_iter();
            let items = rules.map(|it| it.actions.into_iter().collect()).collect();
            Ok(Page { items, next: it.next_marker })
        },
    );
    call.await
}

fn listener(port: u16, protocol: String, ways: &[Vec<Action>]) -> Listener {
    let forwarding: Vec<_> = ways.iter().filter(|it| it.iter().any(forwards)).collect();
    let mut targets: Vec<String> =
        forwarding.iter().flat_map(|it| it.iter()).flat_map(target_groups).collect();
    targets.sort();
    targets.dedup();
    Listener {
        port,
        protocol,
        ssl_policy: None,
        ssl_protocols: Fetched::read(Vec::new()),
        certificate_arns: Fetched::read(Vec::new()),
        target_group_arns: targets,
        authenticated: !forwarding.is_empty()
            && forwarding.iter().all(|it| it.iter().any(denies_strangers)),
    }
}

fn forwards(action: &Action) -> bool {
    action.type_ == "forward"
}

fn target_groups(action: &Action) -> Vec<String> {
    let config = action.forward_config.iter().flat_map(|it| &it.target_groups.items);
    let config = config.map(|it| it.target_group_arn.clone());
    action.target_group_arn.iter().cloned().chain(config).collect()
}

/// Strangers are sent to log in, which is the default, or refused.
fn denies_strangers(action: &Action) -> bool {
    let config = match action.type_.as_str() {
        "authenticate-oidc" => &action.authenticate_oidc_config,
        "authenticate-cognito" => &action.authenticate_cognito_config,
        _ => return false,
    };
    let strangers = config.as_ref().and_then(|it| it.on_unauthenticated_request.as_deref());
    strangers.is_none_or(|it| it == "authenticate" || it == "deny")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(actions: &[&str]) -> Vec<Action> {
        let actions = actions.iter().map(|it| quick_xml::de::from_str(it).unwrap());
        actions.collect()
    }

    const FORWARD: &str = "<member><Type>forward</Type><Order>2</Order><TargetGroupArn>tg-b</TargetGroupArn>\
        <ForwardConfig><TargetGroups><member><TargetGroupArn>tg-b</TargetGroupArn><Weight>1</Weight></member>\
        <member><TargetGroupArn>tg-a</TargetGroupArn></member></TargetGroups></ForwardConfig></member>";
    const LOGIN: &str = "<member><Type>authenticate-oidc</Type><AuthenticateOidcConfig>\
        <OnUnauthenticatedRequest>authenticate</OnUnauthenticatedRequest></AuthenticateOidcConfig></member>";
    const GUESTS: &str = "<member><Type>authenticate-oidc</Type><AuthenticateOidcConfig>\
        <OnUnauthenticatedRequest>allow</OnUnauthenticatedRequest></AuthenticateOidcConfig></member>";
    const FIXED: &str = "<member><Type>fixed-response</Type></member>";

    fn of(ways: &[&[&str]]) -> Listener {
        let ways: Vec<_> = ways.iter().map(|it| way(it)).collect();
        listener(443, "HTTPS".to_owned(), &ways)
    }

    #[test]
    fn target_groups_come_from_every_forward() {
        assert_eq!(of(&[&[FORWARD], &[FIXED]]).target_group_arns, ["tg-a", "tg-b"]);
    }

    #[test]
    fn every_way_in_must_ask_for_a_login() {
        assert!(of(&[&[LOGIN, FORWARD], &[FIXED]]).authenticated);
        assert!(!of(&[&[LOGIN, FORWARD], &[FORWARD]]).authenticated);
        assert!(!of(&[&[GUESTS, FORWARD]]).authenticated);
        assert!(!of(&[&[FIXED]]).authenticated);
    }
}
