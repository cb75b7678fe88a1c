//! Whatever bytes come as a policy, there is an answer. The fuzz target in `fuzz/` runs the same over bytes of its own.

use eksray_aws::{
    iam::{
        Caller, Context, Document, Library, Request, Target, decide, decide_policy, web_identity,
        whatever_audience,
    },
    inventory::iam::{AuthorizationDetails, InlinePolicy, OidcProvider, Role},
};

/// Reads a text as every kind of policy and asks everything.
pub(crate) fn judge(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let url = "oidc.eks.eu-west-1.amazonaws.com/id/A";
    let provider = OidcProvider {
        arn: format!("arn:aws:iam::123456789012:oidc-provider/{url}"),
        url: url.to_owned(),
        client_id_list: vec!["sts.amazonaws.com".to_owned()],
    };
    let role = Role {
        arn: "arn:aws:iam::123456789012:role/r".to_owned(),
        role_name: "r".to_owned(),
        assume_role_policy_document: text.to_string(),
        inline_policies: vec![InlinePolicy { name: "i".to_owned(), document: text.to_string() }],
        ..Role::default()
    };
    let iam = AuthorizationDetails { roles: vec![role], ..AuthorizationDetails::default() };
    let library = Library::of(&iam);
    let role = &iam.roles[0];
    let policies = library.of_role(role, &[&text]);
    library.trusts.assumable_by(role, &policies);
    drop(web_identity(role, &provider));
    whatever_audience(role, &provider);
    let document = Document::parse("p", &text);
    let context = Context::default();
    for resource in [Target::Any("*"), Target::All("*"), Target::All("arn:aws:s3:::b/k")] {
        let request = Request { action: "s3:GetObject", resource, context: &context };
        decide(&policies, &request);
        for caller in [
            Caller::Account("123456789012"),
            Caller::Role(&role.arn),
            Caller::Saml("p"),
            Caller::Service("ec2.amazonaws.com"),
            Caller::WebIdentity(&provider.arn),
        ] {
            decide_policy(&document, caller, &request);
        }
    }
}
