//! EC2: images, volumes, public snapshots and what the account does by default.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{self, SnapshotAttributeName};
use eksray_aws::inventory::storage::{EbsDefaults, Image, Snapshot, Volume};
use eksray_rule::{Gap, Reason};
use futures::{
    future::{join_all, try_join_all},
    join,
};

use super::tags;
use crate::aws::{
    parse::{optional, required, sorted},
    place::Place,
    read::{Page, Parsed},
};

/// Images asked for at once.
const IMAGES: usize = 100;

/// `ec2:DescribeImages` of these, deprecated and disabled ones included; those that are gone are left out.
pub(crate) async fn images(place: &Place, ids: &BTreeSet<String>) -> Result<Vec<Image>, Gap> {
    let ids: Vec<String> = ids.iter().cloned().collect();
    let images = try_join_all(ids.chunks(IMAGES).map(|ids| images_left(place, ids))).await?;
    Ok(sorted(images.into_iter().flatten().collect(), |it: &Image| it.image_id.as_str()))
}

/// EC2 refuses a list for one id that it has forgotten: then each is asked for alone.
async fn images_left(place: &Place, ids: &[String]) -> Result<Vec<Image>, Gap> {
    let is_gone = |gap: &Gap| gap.reason == Reason::NotCollected;
    match images_by_id(place, ids.to_vec()).await {
        Err(gap) if is_gone(&gap) && ids.len() > 1 => {
            let alone = join_all(ids.iter().map(|id| images_by_id(place, vec![id.clone()]))).await;
            let known = alone.into_iter().filter(|it| !it.as_ref().is_err_and(is_gone));
            Ok(known.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        }
        Err(gap) if is_gone(&gap) => Ok(Vec::new()),
        answer => answer,
    }
}

async fn images_by_id(place: &Place, ids: Vec<String>) -> Result<Vec<Image>, Gap> {
    let call = place.read("ec2:DescribeImages").all(
        |token| {
            let request = place.ec2.describe_images().set_image_ids(Some(ids.clone()));
            let request = request.include_deprecated(true).include_disabled(true);
            request.set_next_token(token).send()
        },
        |it| {
            let items: Parsed<_> = it.images.unwrap_or_default().into_iter().map(image).collect();
            Ok(Page { items: items?, next: it.next_token })
        },
    );
    call.await
}

fn image(it: types::Image) -> Parsed<Image> {
    let disks = it.block_device_mappings.unwrap_or_default().into_iter();
    let snapshots = disks.filter_map(|it| it.ebs?.snapshot_id).filter(|it| !it.is_empty());
    Ok(Image {
        image_id: required("imageId", it.image_id)?,
        name: it.name.unwrap_or_default(),
        owner_id: it.owner_id.unwrap_or_default(),
        image_owner_alias: it.image_owner_alias,
        state: it.state.map(|it| it.as_str().to_owned()).unwrap_or_default(),
        public: required("isPublic", it.public)?,
        creation_date: optional(it.creation_date.as_deref())?,
        deprecation_time: optional(it.deprecation_time.as_deref())?,
        imds_support: it.imds_support.map(|it| it.as_str().to_owned()),
        platform: it.platform.map(|it| it.as_str().to_ascii_lowercase()),
        snapshot_ids: snapshots.collect(),
    })
}

/// `ec2:DescribeVolumes`.
pub(crate) async fn volumes(place: &Place) -> Result<Vec<Volume>, Gap> {
    let call = place.read("ec2:DescribeVolumes").all(
        |token| {
            let request = place.ec2.describe_volumes().max_results(500);
            request.include_managed_resources(true).set_next_token(token).send()
        },
        |it| {
            let volumes = it.volumes.unwrap_or_default().into_iter();
            Ok(Page { items: volumes.map(volume).collect::<Parsed<_>>()?, next: it.next_token })
        },
    );
    Ok(sorted(call.await?, |it| it.volume_id.as_str()))
}

fn volume(it: types::Volume) -> Parsed<Volume> {
    let attachments = it.attachments.unwrap_or_default().into_iter();
    let instances = attachments.filter_map(|it| it.instance_id).collect();
    Ok(Volume {
        volume_id: required("volumeId", it.volume_id)?,
        encrypted: required("encrypted", it.encrypted)?,
        kms_key_id: it.kms_key_id.filter(|it| !it.is_empty()),
        snapshot_id: it.snapshot_id.filter(|it| !it.is_empty()),
        instance_ids: sorted(instances, String::as_str),
        tags: tags(it.tags),
    })
}

/// `ec2:DescribeSnapshots`: own ones that everybody may make volumes from. Accounts have thousands of others.
pub(crate) async fn public_snapshots(place: &Place) -> Result<Vec<Snapshot>, Gap> {
    let call = place.read("ec2:DescribeSnapshots").all(
        |token| {
            let request = place.ec2.describe_snapshots().owner_ids("self").max_results(1000);
            request.restorable_by_user_ids("all").set_next_token(token).send()
        },
        |it| {
            let snapshots = it.snapshots.unwrap_or_default().into_iter().map(|it| {
                Ok(Snapshot {
                    snapshot_id: required("snapshotId", it.snapshot_id)?,
                    volume_id: it.volume_id.unwrap_or_default(),
                    tags: tags(it.tags),
                    ..Snapshot::default()
                })
            });
            Ok(Page { items: snapshots.collect::<Parsed<_>>()?, next: it.next_token })
        },
    );
    Ok(sorted(call.await?, |it| it.snapshot_id.as_str()))
}

/// `ec2:DescribeSnapshotAttribute`: the accounts that may make volumes from a snapshot.
pub(crate) async fn snapshot_users(place: &Place, id: &str) -> Result<Vec<String>, Gap> {
    let call = place.read("ec2:DescribeSnapshotAttribute").once(
        || {
            let request = place.ec2.describe_snapshot_attribute().snapshot_id(id);
            request.attribute(SnapshotAttributeName::CreateVolumePermission).send()
        },
        |it| {
            let permissions = it.create_volume_permissions.unwrap_or_default().into_iter();
            Ok(sorted(permissions.filter_map(|it| it.user_id).collect(), String::as_str))
        },
    );
    call.await
}

/// The three defaults, each an answer of its own.
pub(crate) async fn defaults(place: &Place) -> EbsDefaults {
    let (encryption, snapshots, images) = join!(
        place.read("ec2:GetEbsEncryptionByDefault").once(
            || place.ec2.get_ebs_encryption_by_default().send(),
            |it| required("ebsEncryptionByDefault", it.ebs_encryption_by_default),
        ),
        place.read("ec2:GetSnapshotBlockPublicAccessState").once(
            || place.ec2.get_snapshot_block_public_access_state().send(),
            |it| Ok(required("state", it.state)?.as_str().to_owned()),
        ),
        place.read("ec2:GetImageBlockPublicAccessState").once(
            || place.ec2.get_image_block_public_access_state().send(),
            |it| required("imageBlockPublicAccessState", it.image_block_public_access_state),
        ),
    );
    EbsDefaults {
        encryption_by_default: encryption.into(),
        snapshot_block_public_access: snapshots.into(),
        image_block_public_access: images.into(),
    }
}
