//! What rules about roles share: an account's IAM, what its clusters reach of it, and what each principal is worth.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use eksray_rule::{ClusterId, Gap};

use super::{
    Effect, Library, Policies,
    reach::{Reach, reach_in},
    rights::Rights,
    trust::service_name,
};
use crate::{
    AccountContext,
    inspect::items,
    inventory::{Tags, iam::Role},
    node_pool::{Launch, launch, node_roles, pools},
};

/// An account seen by rules about roles.
#[derive(Debug)]
pub struct Estate<'a> {
    /// The account.
    pub context: AccountContext<'a>,
    /// Its IAM, each policy read once.
    pub(crate) library: Result<Library<'a>, Gap>,
    /// The roles that its clusters reach.
    pub(crate) reach: Reach<'a>,
    /// Roles of nodes, with their clusters.
    pub(crate) node_roles: BTreeMap<String, BTreeSet<ClusterId>>,
    /// What could not be read of nodes and their roles.
    pub(crate) node_gaps: Vec<Gap>,
    /// Instances by ARN, nodes and others.
    pub(crate) machines: BTreeMap<String, Machine<'a>>,
    /// Launch templates of node pools, by ARN, with the pool.
    pub(crate) templates: BTreeMap<String, String>,
    /// Why pools may start from others.
    pub(crate) template_gaps: Vec<Gap>,
    /// Roles by the services that their trust policies name, without what a partition adds to these.
    pub(crate) by_service: BTreeMap<String, BTreeMap<&'a str, &'a Role>>,
    rights: RefCell<BTreeMap<String, Rc<Rights>>>,
}

/// An instance.
#[derive(Debug)]
pub(crate) struct Machine<'a> {
    /// The node pool that it belongs to.
    pub(crate) pool: Option<String>,
    pub(crate) tags: &'a Tags,
    /// The role of its instance profile, where it has one that exists.
    pub(crate) role: Option<&'a str>,
}

impl<'a> Estate<'a> {
    /// Reads it.
    pub fn of(context: &AccountContext<'a>) -> Self {
        let library = context.account.iam.known().map(Library::of);
        let (node_roles, node_gaps) = node_roles(context);
        let (templates, template_gaps) = templates(context);
        Self {
            reach: reach_in(context, library.as_ref()),
            machines: machines(context),
            templates,
            template_gaps,
            by_service: library.as_ref().map(by_service).unwrap_or_default(),
            rights: RefCell::default(),
            context: *context,
            library,
            node_roles,
            node_gaps,
        }
    }

    /// What binds a role that nobody limits further; the gap is that IAM was not read.
    pub(crate) fn policies_of(&self, role: &Role) -> Result<Policies, Gap> {
        Ok(self.library()?.of_role(role, &[]))
    }

    /// The account's IAM; the gap is that it was not read.
    pub(crate) fn library(&self) -> Result<&Library<'a>, Gap> {
        self.library.as_ref().map_err(Gap::clone)
    }

    /// What a role is worth, found once.
    pub(crate) fn rights_of(&self, role: &Role, library: &Library<'_>) -> Rc<Rights> {
        let find = || Rights::of_role(role, &library.of_role(role, &[]));
        self.remembered(&role.arn, find)
    }

    /// What a principal is worth, found once.
    pub(crate) fn remembered(&self, arn: &str, find: impl FnOnce() -> Rights) -> Rc<Rights> {
        if let Some(known) = self.rights.borrow().get(arn) {
            return Rc::clone(known);
        }
        let rights = Rc::new(find());
        self.rights.borrow_mut().insert(arn.to_owned(), Rc::clone(&rights));
        rights
    }
}

fn machines<'a>(context: &AccountContext<'a>) -> BTreeMap<String, Machine<'a>> {
    let mut found = BTreeMap::new();
    let roles = context.account.iam.known().map(|it| it.roles.as_slice()).unwrap_or_default();
    let profiles: BTreeMap<&str, &str> = roles
        .iter()
        .flat_map(|role| role.instance_profiles.iter().map(|it| (it.as_str(), role.arn.as_str())))
        .collect();
    for region in context.regions() {
        let pools = pools(&region).unwrap_or_default().pools;
        let members = pools.iter().flat_map(|pool| {
            let instances = pool.instances.as_deref().unwrap_or_default();
            instances.iter().map(|it| (it.instance_id.as_str(), pool.subject().short()))
        });
        let pools: BTreeMap<&str, String> = members.collect();
        for instance in items(&region.region.instances) {
            let id = instance.instance_id.as_str();
            let profile = instance.iam_instance_profile.as_deref();
            let machine = Machine {
                pool: pools.get(id).cloned(),
                tags: &instance.tags,
                role: profile.and_then(|it| profiles.get(it).copied()),
            };
            found.insert(region.arn("ec2", &format!("instance/{id}")), machine);
        }
    }
    found
}

fn templates(context: &AccountContext<'_>) -> (BTreeMap<String, String>, Vec<Gap>) {
    let (mut found, mut gaps) = (BTreeMap::new(), Vec::new());
    for region in context.regions() {
        for pool in pools(&region).unwrap_or_default().pools {
            match launch(&pool, &region) {
                Ok(Some(Launch::Template(it))) => {
                    let id = format!("launch-template/{}", it.launch_template_id);
                    found.insert(region.arn("ec2", &id), pool.subject().short());
                }
                Ok(_) => {}
                Err(gap) => gaps.push(gap),
            }
        }
    }
    (found, gaps)
}

fn by_service<'a>(library: &Library<'a>) -> BTreeMap<String, BTreeMap<&'a str, &'a Role>> {
    let mut found: BTreeMap<String, BTreeMap<&str, &Role>> = BTreeMap::new();
    for (arn, (role, trust)) in &library.trusts.roles {
        let allows = trust.statements.iter().filter(|it| it.effect == Effect::Allow);
        let named = allows.filter_map(|it| it.principals.as_ref()).flat_map(|it| &it.named);
        for (kind, value) in named {
            if kind == "Service" {
                let service = service_name(value).to_owned();
                found.entry(service).or_default().insert(arn, role);
            }
        }
    }
    found
}
