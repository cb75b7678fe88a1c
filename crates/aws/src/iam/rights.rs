//! What a principal is worth to an intruder, and whether another one is worth more.

use eksray_rule::Gap;

use super::{Answer, Policies, Request, Target, admin, decide};
use crate::{action_sets::by_class, inventory::iam::Role};

/// The rights of a principal that intruders look for.
#[derive(Clone, Debug)]
pub(crate) struct Rights {
    /// Whether it is an administrator.
    pub(crate) admin: Answer,
    /// Those that it has on everything come first.
    list: Vec<Right>,
}

#[derive(Clone, Debug)]
struct Right {
    action: &'static str,
    /// On every resource, or on some.
    everywhere: bool,
    answer: Answer,
}

/// What a principal gains by becoming another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gain {
    pub(crate) answer: Answer,
    /// As it follows a principal's name: `is an administrator`, `may s3:GetObject on *`.
    pub(crate) text: String,
}

impl Gain {
    pub(crate) fn sure(text: impl Into<String>) -> Self {
        Self { answer: Answer::Yes, text: text.into() }
    }
}

impl Rights {
    /// Of a role. A policy that was not read hides rights; whoever asks has its gap from the role's own finding.
    pub(crate) fn of_role(role: &Role, policies: &Policies) -> Self {
        let admin: Result<_, Gap> = admin(role, policies);
        Self { admin: admin.map_or(Answer::No, |it| it.answer), ..Self::of(policies) }
    }

    /// Of a user or the members of a group.
    pub(crate) fn of(policies: &Policies) -> Self {
        let everything = ask(policies, "*", Target::All("*"));
        let iam = ask(policies, "iam:*", Target::All("*"));
        let mut list = Vec::new();
        for (_, action) in by_class() {
            let answer = ask(policies, action, Target::Any("*"));
            if answer == Answer::No {
                continue;
            }
            let on_all = ask(policies, action, Target::All("*"));
            if on_all != Answer::No {
                list.push(Right { action, everywhere: true, answer: on_all });
            }
            list.push(Right { action, everywhere: false, answer });
        }
        list.sort_by_key(|it| !it.everywhere);
        Self { admin: everything.max(iam), list }
    }

    /// What whoever has `policies` gains with these rights, if anything: the surest and widest of it.
    pub(crate) fn beyond(&self, policies: &Policies) -> Option<Gain> {
        let mut gain = match self.admin {
            Answer::Yes => return Some(Gain::sure("is an administrator")),
            Answer::Maybe => {
                Some(Gain { answer: Answer::Maybe, text: "may be an administrator".to_owned() })
            }
            Answer::No => None,
        };
        for right in &self.list {
            if right.answer == Answer::Maybe && gain.is_some() {
                continue;
            }
            let on = if right.everywhere { Target::All("*") } else { Target::Any("*") };
            if ask(policies, right.action, on) != Answer::No {
                continue;
            }
            let suffix = if right.everywhere { " on *" } else { "" };
            let text = format!("may {}{suffix}", right.action);
            if right.answer == Answer::Yes {
                return Some(Gain { answer: Answer::Yes, text });
            }
            gain = Some(Gain { answer: right.answer, text });
        }
        gain
    }
}

fn ask(policies: &Policies, action: &str, resource: Target<'_>) -> Answer {
    decide(policies, &Request { action, resource, context: &policies.context }).answer
}
