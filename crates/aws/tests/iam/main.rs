//! The IAM engine against tables from AWS's documentation.

mod admin;
mod anything;
mod condition;
mod decide;
mod hostile;
mod resource;
mod trust;

use std::sync::Arc;

use eksray_aws::{
    iam::{Answer, Context, Document, Policies, Request, Target, decide},
    inventory::iam::{InlinePolicy, Role},
};
use serde_json::{Value, json};

const ME: &str = "arn:aws:iam::123456789012:role/me";

fn policies(documents: &[Value]) -> Policies {
    let identity =
        documents.iter().map(|it| Arc::new(Document::parse("p", &it.to_string()))).collect();
    Policies { identity, ..Policies::default() }
}

fn ask(statement: &Value, action: &str, resource: Target<'_>, context: &Context) -> Answer {
    let document = json!({ "Version": "2012-10-17", "Statement": statement });
    decide(&policies(&[document]), &Request { action, resource, context }).answer
}

fn role(name: &str, trust: &Value, inline: &[Value]) -> Role {
    Role {
        arn: format!("arn:aws:iam::123456789012:role/{name}"),
        role_name: name.to_owned(),
        assume_role_policy_document: json!({ "Version": "2012-10-17", "Statement": trust })
            .to_string(),
        inline_policies: inline
            .iter()
            .map(|it| InlinePolicy {
                name: "i".to_owned(),
                document: json!({ "Statement": it }).to_string(),
            })
            .collect(),
        ..Role::default()
    }
}
