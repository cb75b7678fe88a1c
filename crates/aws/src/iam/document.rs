//! Reads policy documents: lenient where IAM is (scalars for lists), honest where it is not (a gap).

use eksray_rule::{Gap, Reason};
use serde_json::Value;

/// A policy, identity or trust.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// What it is called in answers.
    pub name: String,
    /// Version `2012-10-17`: `${…}` is replaced.
    pub resolves_variables: bool,
    /// Its statements.
    pub statements: Vec<Statement>,
    /// What could not be read of it. Statements that could be stand nevertheless.
    pub gap: Option<Gap>,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// `Sid`, or the place in the document from 1.
    pub name: String,
    /// Allow or Deny.
    pub effect: Effect,
    /// Whom a trust policy means; identity policies have none.
    pub principals: Option<Principals>,
    /// Actions in lower case.
    pub actions: Selection,
    /// Resources; everything in trust policies.
    pub resources: Selection,
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// Holds an element that IAM's grammar of 2026 does not have, or stands under a version that it does not have.
    pub odd: bool,
}

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Permits.
    Allow,
    /// Forbids, whatever else permits.
    Deny,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// These patterns.
    Only(Vec<String>),
    /// Everything but these patterns.
    AllBut(Vec<String>),
}

/// `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, Default)]
pub struct Principals {
    /// `NotPrincipal`.
    pub all_but: bool,
    /// Kind (`AWS`, `Service`, `Federated`, …; `*` for a bare star) and value.
    pub named: Vec<(String, String)>,
}

/// One key under one operator.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Operator in lower case, without prefix and suffix.
    pub operator: String,
    /// `forallvalues`, `foranyvalue` or nothing.
    pub quantifier: Option<String>,
    /// `…IfExists`.
    pub if_exists: bool,
    /// Key in lower case.
    pub key: String,
    /// Values, one of which must match.
    pub values: Vec<String>,
}

impl Document {
    /// Reads a document. What is not understood becomes its [`gap`](Self::gap), never a panic.
    pub fn parse(name: &str, text: &str) -> Self {
        let mut document = Self { name: name.to_owned(), ..Self::default() };
        let root: Value = match serde_json::from_str(text) {
            Ok(root) => root,
            Err(error) => {
                // The message quotes no value of the document.
                let place = format!("line {} column {}", error.line(), error.column());
                return document.unread(&format!("no JSON at {place}"));
            }
        };
        let Value::Object(root) = root else { return document.unread("no JSON object") };
        let version = root.get("Version");
        document.resolves_variables = version.is_some_and(|it| it == "2012-10-17");
        let odd = version.is_some_and(|it| it != "2012-10-17" && it != "2008-10-17");
        let statements = match root.get("Statement") {
            Some(Value::Array(statements)) => statements.as_slice(),
            Some(statement) => std::slice::from_ref(statement),
            None => return document.unread("no Statement"),
        };
        for (index, value) in statements.iter().enumerate() {
            match statement(index + 1, value) {
                Ok(mut statement) => {
                    statement.odd |= odd;
                    document.statements.push(statement);
                }
                Err(what) => document = document.unread(&format!("statement {} {what}", index + 1)),
            }
        }
        document
    }

    fn unread(mut self, what: &str) -> Self {
        let detail = format!("policy {}: {what}", self.name);
        let call = "iam:GetAccountAuthorizationDetails".to_owned();
        self.gap.get_or_insert(Gap { call, reason: Reason::Malformed, detail });
        self
    }

    /// How many patterns of resources it has, which is what a question about one resource costs.
    pub(super) fn size(&self) -> usize {
        let patterns = self.statements.iter().map(|it| match &it.resources {
            Selection::Only(patterns) | Selection::AllBut(patterns) => patterns.len(),
        });
        patterns.sum()
    }

    /// Every literal in conditions on a key, which is given in lower case.
    pub(super) fn values_of<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        let conditions = self.statements.iter().flat_map(|it| &it.conditions);
        conditions.filter(move |it| it.key == key).flat_map(|it| &it.values).map(String::as_str)
    }
}

const ELEMENTS: [&str; 10] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
    "Id",
];

fn statement(index: usize, value: &Value) -> Result<Statement, &'static str> {
    let Value::Object(fields) = value else { return Err("is no object") };
    let effect = match fields.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err("has no known Effect"),
    };
    let list = |name: &str| fields.get(name).map(strings).transpose();
    let lower = |it: Vec<String>| it.into_iter().map(|it| it.to_ascii_lowercase()).collect();
    let actions = match (list("Action")?, list("NotAction")?) {
        (Some(only), None) => Selection::Only(lower(only)),
        (None, Some(but)) => Selection::AllBut(lower(but)),
        _ => return Err("has no Action, or two kinds"),
    };
    let resources = match (list("Resource")?, list("NotResource")?) {
        (Some(only), None) => Selection::Only(only),
        (None, Some(but)) => Selection::AllBut(but),
        (None, None) => Selection::Only(vec!["*".to_owned()]),
        _ => return Err("has two kinds of Resource"),
    };
    let principals = match (fields.get("Principal"), fields.get("NotPrincipal")) {
        (Some(it), None) => Some(Principals { all_but: false, named: principals(it)? }),
        (None, Some(it)) => Some(Principals { all_but: true, named: principals(it)? }),
        (None, None) => None,
        _ => return Err("has two kinds of Principal"),
    };
    let sid = fields.get("Sid").and_then(Value::as_str).filter(|it| !it.is_empty());
    Ok(Statement {
        name: sid.map_or_else(|| format!("statement {index}"), str::to_owned),
        effect,
        principals,
        actions,
        resources,
        conditions: fields.get("Condition").map(conditions).transpose()?.unwrap_or_default(),
        odd: fields.keys().any(|it| !ELEMENTS.contains(&it.as_str())),
    })
}

fn principals(value: &Value) -> Result<Vec<(String, String)>, &'static str> {
    let kinds = match value {
        Value::String(all) if all == "*" => return Ok(vec![("*".to_owned(), "*".to_owned())]),
        Value::Object(kinds) => kinds,
        _ => return Err("has a Principal that is neither * nor an object"),
    };
    let mut named = Vec::new();
    for (kind, values) in kinds {
        named.extend(strings(values)?.into_iter().map(|it| (kind.clone(), it)));
    }
    Ok(named)
}

fn conditions(value: &Value) -> Result<Vec<Condition>, &'static str> {
    let Value::Object(operators) = value else { return Err("has a Condition that is no object") };
    let mut all = Vec::new();
    for (operator, keys) in operators {
        let Value::Object(keys) = keys else { return Err("has an operator without keys") };
        let operator = operator.to_ascii_lowercase();
        let (quantifier, rest) = match operator.split_once(':') {
            Some((quantifier, rest)) => (Some(quantifier.to_owned()), rest),
            None => (None, operator.as_str()),
        };
        let bare = rest.strip_suffix("ifexists");
        for (key, values) in keys {
            all.push(Condition {
                operator: bare.unwrap_or(rest).to_owned(),
                quantifier: quantifier.clone(),
                if_exists: bare.is_some(),
                key: key.to_ascii_lowercase(),
                values: strings(values)?,
            });
        }
    }
    Ok(all)
}

/// A scalar or a list of scalars.
fn strings(value: &Value) -> Result<Vec<String>, &'static str> {
    let scalar = |it: &Value| match it {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(it.to_string()),
        _ => Err("has a value that is no scalar"),
    };
    match value {
        Value::Array(values) => values.iter().map(scalar).collect(),
        value => Ok(vec![scalar(value)?]),
    }
}
