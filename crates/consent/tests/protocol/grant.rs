//! Checking a grant: every way in which it can be wrong, and the order in which that is noticed.

use audio::Pcm;
use consent::scripted::{Actor, Stage};
use consent::{
    Audience, Commercial, Context, Convert, DeviceId, ExportVoice, Granted, IssuerKey, IssuerKind, Live, Refusal,
    Remote, RevocationList, SampleHash, Scopes, SecretKey, SignedGrant, Train, TrustList, Tts, authorize,
};

use crate::{code, granted, hashes, verdict, verdict_of_bytes};

#[test]
fn c01_valid_grant_passes() {
    let (_, granted, context) = granted();
    let read = SignedGrant::decode(&granted.grant.encode()).unwrap();
    assert_eq!(read, granted.grant);
    let key = authorize::<Tts>(&read, &context).unwrap();
    assert_eq!(*key.grant_id(), read.id());
    assert_eq!(*key.voice_id(), read.grant().voice_id);
    assert_eq!(key.remaining_seconds(), 3600);
    assert_eq!(key.valid_until(), context.now + 300);
    assert_eq!(
        (code(key.check_fresh(context.now + 299)), code(key.check_fresh(context.now + 300))),
        ("", "key_expired")
    );
    for sample in granted.samples {
        let bytes = sample.canonical();
        assert_eq!(key.cover(sample).unwrap().pcm().canonical(), bytes);
    }
}

#[test]
fn c02_no_bit_of_the_bytes_can_be_flipped() {
    let (_, granted, context) = granted();
    let bytes = granted.grant.encode();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_ne!(verdict_of_bytes::<Tts>(&flipped, &context), "", "bit {bit} of {}", bytes.len() * 8);
    }
    for length in 0..bytes.len() {
        assert_eq!(verdict_of_bytes::<Tts>(&bytes[..length], &context), "malformed_record");
    }
}

#[test]
fn c03_sample_bit_flip() {
    let (_, granted, mut context) = granted();
    let key = authorize::<Tts>(&granted.grant, &context).unwrap();
    let canonical = granted.samples[0].canonical();
    for place in [44, 45, canonical.len() / 2, canonical.len() - 1] {
        let mut flipped = canonical.clone();
        flipped[place] ^= 1;
        let sample = Pcm::from_canonical(&flipped).unwrap();
        context.samples[0] = SampleHash::of(&sample);
        assert_eq!(code(key.cover(sample)), "sample_not_covered");
        assert_eq!(verdict::<Tts>(&granted.grant, &context), "samples_differ");
    }
}

#[test]
fn c04_extra_sample() {
    let (_, granted, mut context) = granted();
    context.samples.push(SampleHash::of(&Actor(0).speak(4.0, 77)));
    assert_eq!(verdict::<Tts>(&granted.grant, &context), "samples_differ");
}

#[test]
fn c05_removed_sample() {
    let (_, granted, mut context) = granted();
    context.samples.pop();
    assert_eq!(verdict::<Tts>(&granted.grant, &context), "samples_differ");
}

#[test]
fn c06_same_sample_twice_with_right_count() {
    let (_, granted, mut context) = granted();
    context.samples[1] = context.samples[0];
    assert_eq!(verdict::<Tts>(&granted.grant, &context), "samples_differ");
    let mut doubled = hashes(&granted.samples);
    doubled.push(doubled[0]);
    context.samples = doubled;
    assert_eq!(verdict::<Tts>(&granted.grant, &context), "samples_differ");
}

#[test]
fn c07_reencoded_sample() {
    let (_, granted, context) = granted();
    let key = authorize::<Tts>(&granted.grant, &context).unwrap();
    let sample = &granted.samples[0];
    let coarser = sample.samples().iter().map(|s| (s * 32_767.0).round() / 32_767.0).collect();
    assert_eq!(code(key.cover(Pcm::new(coarser, sample.rate_hz()).unwrap())), "sample_not_covered");
    let relabelled = Pcm::new(sample.samples().to_vec(), sample.rate_hz() * 2).unwrap();
    assert_eq!(code(key.cover(relabelled)), "sample_not_covered");
}

/// Widens a grant of speech to training.
fn widen(grant: &SignedGrant, owner: Option<&SecretKey>, issuer: Option<&IssuerKey>) -> SignedGrant {
    Stage::alter(grant, owner, issuer, |record, terms| {
        record.scopes = record.scopes.with(Scopes::TRAIN);
        terms.scopes = record.scopes;
    })
}

#[test]
fn c24_scope_widened_unsigned() {
    let (_, granted, context) = granted();
    let widened = widen(&granted.grant, None, None);
    assert_eq!(verdict_of_bytes::<Train>(&widened.encode(), &context), "owner_signature");
}

#[test]
fn c25_scope_widened_and_signed_by_issuer_only() {
    let (stage, granted, context) = granted();
    let widened = widen(&granted.grant, None, Some(&stage.issuer));
    assert_eq!(verdict_of_bytes::<Train>(&widened.encode(), &context), "owner_signature");
}

#[test]
fn c26_scope_widened_and_signed_by_owner_only() {
    let (stage, granted, context) = granted();
    let widened = widen(&granted.grant, Some(stage.owner.secret()), None);
    assert_eq!(verdict_of_bytes::<Train>(&widened.encode(), &context), "issuer_signature");
}

#[test]
fn widened_and_signed_by_both_still_lacks_the_spoken_words() {
    let (stage, granted, context) = granted();
    let widened = widen(&granted.grant, Some(stage.owner.secret()), Some(&stage.issuer));
    assert_eq!(verdict_of_bytes::<Train>(&widened.encode(), &context), "words_differ");
}

#[test]
fn c27_untrusted_issuer() {
    let (_, granted, mut context) = granted();
    context.trust = TrustList::new().with(SecretKey::from_seed(&[55; 32]).public(), IssuerKind::Normal);
    assert_eq!(verdict::<Tts>(&granted.grant, &context), "issuer_untrusted");
}

/// Where the two halves of the owner's signature stand: after the map's head, a key, a string's head of three bytes, the
/// record, a key and a string's head of two bytes.
fn signature_places(grant: &[u8]) -> (usize, usize) {
    let record_length = usize::from(u16::from_be_bytes([grant[3], grant[4]]));
    let r = 1 + 1 + 3 + record_length + 1 + 2;
    (r, r + 32)
}

#[test]
fn c28_weak_keys_and_malleable_signatures() {
    let (stage, granted, mut context) = granted();
    // The identity point and the points of order two and four: for these anyone can make a "signature".
    let mut weak = vec![[0u8; 32]; 3];
    weak[0][0] = 1;
    weak[1] = [0xff; 32];
    (weak[1][0], weak[1][31]) = (0xec, 0x7f);
    for bytes in weak {
        let key = consent::PublicKey::from_bytes(bytes);
        let owned = Stage::alter(&granted.grant, Some(stage.owner.secret()), Some(&stage.issuer), |record, _| {
            record.owner_key = key;
        });
        assert_eq!(verdict::<Tts>(&owned, &context), "owner_signature");
        // Zero times the base point is the identity: a signature that a lax check takes for a key of low order.
        let mut nothing = owned.encode();
        let (r, _) = signature_places(&nothing);
        nothing[r..r + 64].fill(0);
        nothing[r] = 1;
        assert_eq!(verdict_of_bytes::<Tts>(&nothing, &context), "owner_signature");
        context.trust = context.trust.clone().with(key, IssuerKind::Normal);
        let issued = Stage::alter(&granted.grant, Some(stage.owner.secret()), Some(&stage.issuer), |record, _| {
            record.issuer_key = key;
        });
        assert_eq!(verdict::<Tts>(&issued, &context), "issuer_signature");
    }
    // Ed25519 signatures are (R, s); s plus the group order is the same number and must not pass.
    let order = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap();
    let bytes = granted.grant.encode();
    let mut malleable = bytes.clone();
    let (_, s) = signature_places(&bytes);
    let mut carry = 0;
    for (byte, add) in malleable[s..s + 32].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    assert_eq!(verdict_of_bytes::<Tts>(&bytes, &context), "");
    assert_eq!(verdict_of_bytes::<Tts>(&malleable, &context), "owner_signature");
}

#[test]
fn c30_expired_and_expired_in_mid_job() {
    let (_, granted, mut context) = granted();
    let end = granted.grant.grant().not_after;
    for (now, expected) in [(end - 2, ""), (end - 1, ""), (end, "expired"), (end + 86_400, "expired")] {
        context.now = now;
        assert_eq!(verdict::<Tts>(&granted.grant, &context), expected);
    }
    context.now = end - 2;
    assert_eq!(authorize::<Tts>(&granted.grant, &context).unwrap().valid_until(), end);
    assert_eq!(granted.grant.grant().purge_at(), end + 30 * 86_400);
}

#[test]
fn c31_not_yet_valid() {
    let (_, granted, mut context) = granted();
    context.now = granted.grant.grant().not_before - 1;
    context.highest_time_seen = 0;
    assert_eq!(verdict::<Tts>(&granted.grant, &context), "not_yet_valid");
    context.now += 1;
    assert_eq!(verdict::<Tts>(&granted.grant, &context), "");
}

#[test]
fn c32_term_over_366_days() {
    let (stage, granted, context) = granted();
    let alter = |days: u64| {
        Stage::alter(&granted.grant, Some(stage.owner.secret()), Some(&stage.issuer), |record, _| {
            record.not_before = record.not_after - days * 86_400;
        })
    };
    assert_eq!(verdict::<Tts>(&alter(366), &context), "");
    assert_eq!(verdict::<Tts>(&alter(367), &context), "span_too_long");
    let backwards = Stage::alter(&granted.grant, Some(stage.owner.secret()), Some(&stage.issuer), |record, _| {
        record.not_before = record.not_after + 1;
    });
    assert_eq!(verdict::<Tts>(&backwards, &context), "span_too_long");
    let mut stage = Stage::default();
    stage.terms.until = consent::Date::of(stage.now).plus_months(13);
    assert_eq!(code(stage.granted()), "span_too_long");
}

#[test]
fn c33_clock_set_back_and_forth() {
    let (stage, granted, mut context) = granted();
    context.highest_time_seen = context.now;
    for (back, expected) in
        [(300, ""), (301, "clock_rollback"), (3600, "clock_rollback"), (366 * 86_400, "clock_rollback")]
    {
        let set = Context { now: context.now - back, ..context.clone() };
        assert_eq!(verdict::<Tts>(&granted.grant, &set), expected, "{back}");
    }
    // Forward to the end, which is seen, then back to a time at which the consent would hold.
    let forward = Context { now: granted.grant.grant().not_after + 5, ..context.clone() };
    assert_eq!(verdict::<Tts>(&granted.grant, &forward), "expired");
    let back = Context { highest_time_seen: forward.now, ..context };
    assert_eq!(verdict::<Tts>(&granted.grant, &back), "clock_rollback");
    let mut issue = stage.issue();
    issue.highest_time_seen = issue.now + 301;
    let sampled = stage.sampled().unwrap();
    let challenge = stage.challenge(&sampled).unwrap();
    let spoken = sampled.spoken(challenge, stage.take(), stage.now + 40).unwrap();
    let matched = spoken.matched(&consent::scripted::ScriptedEar::strong(), &Stage::policy()).unwrap();
    assert_eq!(code(consent::enroll(matched, &issue)), "clock_rollback");
}

#[test]
fn c34_revoked_and_revoked_in_mid_job() {
    let (stage, granted, mut context) = granted();
    let book: Vec<&str> = (0..4)
        .map(|segment| {
            if segment == 2 {
                context.revocations = RevocationList::sign(&stage.issuer, 4, context.now, vec![granted.grant.id()]);
            }
            verdict::<Tts>(&granted.grant, &context)
        })
        .collect();
    assert_eq!(book, ["", "", "revoked", "revoked"]);
}

#[test]
fn c35_old_revocation_list_replayed() {
    let (stage, granted, mut context) = granted();
    context.highest_epoch_seen = 4;
    assert_eq!(verdict::<Tts>(&granted.grant, &context), "revocation_list_rolled_back");
    // A list from before the grant says nothing about it, even where no newer one was seen.
    context.highest_epoch_seen = 0;
    context.revocations = RevocationList::sign(&stage.issuer, 2, context.now, Vec::new());
    assert_eq!(verdict::<Tts>(&granted.grant, &context), "revocation_list_rolled_back");
}

/// A grant that also holds on a cluster, and the circumstances there.
fn on_cluster() -> (Stage, Granted, Context) {
    let mut stage = Stage::default();
    let cluster = Audience::Cluster("0123456789abcdef".to_owned());
    stage.terms.scopes = Scopes::TTS.with(Scopes::REMOTE);
    stage.terms.audiences = vec![cluster.clone()];
    let granted = stage.granted().unwrap();
    let mut context = stage.context(&granted);
    context.audience = cluster;
    context.device = DeviceId::from_bytes([9; 32]);
    (stage, granted, context)
}

#[test]
fn c36_list_older_than_a_day_on_a_worker() {
    let (stage, granted, mut context) = on_cluster();
    for (age, expected) in [(0, ""), (86_400, ""), (86_401, "revocation_list_stale")] {
        context.revocations = RevocationList::sign(&stage.issuer, 3, context.now - age, Vec::new());
        assert_eq!(verdict::<Tts>(&granted.grant, &context), expected);
    }
    context.revocations = RevocationList::sign(&stage.issuer, 3, context.now + 301, Vec::new());
    assert_eq!(verdict::<Tts>(&granted.grant, &context), "clock_rollback");
    // At home the list is made, so its age says nothing.
    let (_, granted, mut context) = crate::granted();
    context.revocations = RevocationList::sign(&stage.issuer, 3, 0, Vec::new());
    assert_eq!(verdict::<Tts>(&granted.grant, &context), "");
}

#[test]
fn c37_list_signed_by_the_wrong_key() {
    let (stage, granted, mut context) = granted();
    let stranger = IssuerKey::new(SecretKey::from_seed(&[55; 32]), IssuerKind::Normal);
    context.revocations = RevocationList::sign(&stranger, 9, context.now, Vec::new());
    assert_eq!(verdict::<Tts>(&granted.grant, &context), "revocation_list_signature");
    let bytes = RevocationList::sign(&stage.issuer, 9, context.now, vec![granted.grant.id()]).encode();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(RevocationList::decode(&flipped).map_or(true, |list| !list.is_signed(&context.trust)), "bit {bit}");
    }
}

#[test]
fn c38_scope_mismatch() {
    let (_, granted, context) = granted();
    assert_eq!(verdict::<Train>(&granted.grant, &context), "scope_not_granted");
    assert_eq!(verdict::<Convert>(&granted.grant, &context), "scope_not_granted");
    assert_eq!(verdict::<Live>(&granted.grant, &context), "scope_not_granted");
    assert_eq!(verdict::<ExportVoice>(&granted.grant, &context), "scope_not_granted");
    assert_eq!(verdict::<Remote>(&granted.grant, &context), "scope_not_granted");
    assert_eq!(verdict::<Commercial>(&granted.grant, &context), "scope_not_granted");
    let mut stage = Stage::default();
    stage.terms.scopes = Scopes::CONVERT;
    let granted = stage.granted().unwrap();
    let context = stage.context(&granted);
    assert_eq!(verdict::<Convert>(&granted.grant, &context), "");
    assert_eq!(verdict::<Tts>(&granted.grant, &context), "scope_not_granted");
}

#[test]
fn c39_audience_mismatch() {
    let (_, granted, mut context) = on_cluster();
    assert_eq!(verdict::<Remote>(&granted.grant, &context), "");
    context.audience = Audience::Cluster("fedcba9876543210".to_owned());
    assert_eq!(verdict::<Remote>(&granted.grant, &context), "wrong_audience");
}

#[test]
fn c40_other_grantee() {
    let (stage, granted, mut context) = granted();
    context.grantee = stage.owner.public();
    assert_eq!(verdict::<Tts>(&granted.grant, &context), "wrong_grantee");
}

#[test]
fn c41_profile_copied_to_another_machine() {
    let (_, granted, mut context) = granted();
    context.device = DeviceId::from_bytes([9; 32]);
    assert_eq!(verdict::<Tts>(&granted.grant, &context), "wrong_device");
}

#[test]
fn c50_cap_is_reached_exactly_at_the_second() {
    let (_, granted, mut context) = granted();
    for (made, wanted, expected) in [
        (3599, 0, ""),
        (3599, 1, ""),
        (3599, 2, "cap_reached"),
        (3600, 0, "cap_reached"),
        (3600, 1, "cap_reached"),
        (0, 3600, ""),
        (0, 3601, "cap_reached"),
        (u64::MAX, u64::MAX, "cap_reached"),
    ] {
        (context.made_seconds, context.wanted_seconds) = (made, wanted);
        assert_eq!(verdict::<Tts>(&granted.grant, &context), expected, "{made} + {wanted}");
    }
}

#[test]
fn a_demo_consent_stays_in_its_demo() {
    let mut stage = Stage::new(IssuerKind::Demo);
    let granted = stage.granted().unwrap();
    let context = stage.context(&granted);
    assert_eq!(verdict::<Tts>(&granted.grant, &context), "");
    // A library that does not hold this demo's issuer, or holds another.
    let trust = TrustList::new().with(SecretKey::from_seed(&[44; 32]).public(), IssuerKind::Normal);
    assert_eq!(verdict::<Tts>(&granted.grant, &Context { trust, ..context }), "issuer_untrusted");
    // Issued by a program that lied about its kind: the trust list of the place knows better.
    stage.issuer = IssuerKey::new(SecretKey::from_seed(&[3; 32]), IssuerKind::Normal);
    stage.terms.scopes = Scopes::TTS.with(Scopes::REMOTE);
    let granted = stage.granted().unwrap();
    let trust = TrustList::new().with(stage.issuer.public(), IssuerKind::Demo);
    let context = Context { trust, ..stage.context(&granted) };
    assert_eq!(verdict::<Remote>(&granted.grant, &context), "demo_only");
    assert_eq!(verdict::<Tts>(&granted.grant, &context), "");
}

/// Everything that can be wrong with one check, in the order of the protocol. With the first n put right, the answer must
/// be the next.
#[test]
fn the_first_failure_wins() {
    const ORDER: [&str; 18] = [
        "issuer_untrusted",
        "owner_signature",
        "issuer_signature",
        "span_too_long",
        "clock_rollback",
        "not_yet_valid",
        "revocation_list_signature",
        "revocation_list_rolled_back",
        "revocation_list_stale",
        "revoked",
        "wrong_grantee",
        "wrong_device",
        "wrong_audience",
        "scope_not_granted",
        "language_not_granted",
        "cap_reached",
        "samples_differ",
        "words_differ",
    ];
    let (stage, granted, good) = granted();
    for first in 0..=ORDER.len() {
        let wrong = |what: &str| ORDER[first..].contains(&what);
        let mut cx = good.clone();
        let owner = (!wrong("owner_signature")).then(|| stage.owner.secret());
        let issuer = (!wrong("issuer_signature")).then_some(&stage.issuer);
        let grant = Stage::alter(&granted.grant, owner, issuer, |record, _| {
            if wrong("not_yet_valid") {
                record.not_before = cx.now + 1;
            }
            if wrong("span_too_long") {
                record.not_before = 0;
            }
            if wrong("wrong_audience") {
                record.audiences = vec!["cluster:0123456789abcdef".to_owned()];
            }
            if wrong("scope_not_granted") {
                record.scopes = Scopes::CONVERT;
            }
            if wrong("words_differ") {
                record.challenge_nonce = consent::Nonce::from_bytes([0; 32]);
            }
        });
        if wrong("clock_rollback") {
            cx.highest_time_seen = cx.now + 301;
        }
        if wrong("revocation_list_stale") {
            cx.audience = Audience::Cluster("0123456789abcdef".to_owned());
            cx.list_age_seconds = 60;
        }
        let stranger = IssuerKey::new(SecretKey::from_seed(&[55; 32]), IssuerKind::Normal);
        let signer = if wrong("revocation_list_signature") { &stranger } else { &stage.issuer };
        let revoked = if wrong("revoked") { vec![grant.id()] } else { vec![] };
        let epoch = if wrong("revocation_list_rolled_back") { 2 } else { 3 };
        cx.revocations = RevocationList::sign(signer, epoch, cx.now - 3600, revoked);
        if wrong("issuer_untrusted") {
            cx.trust = TrustList::new();
        }
        if wrong("wrong_grantee") {
            cx.grantee = stage.owner.public();
        }
        if wrong("wrong_device") {
            cx.device = DeviceId::from_bytes([9; 32]);
        }
        cx.language = wrong("language_not_granted").then(|| "fr".to_owned());
        if wrong("cap_reached") {
            cx.made_seconds = 3600;
        }
        if wrong("samples_differ") {
            cx.samples.clear();
        }
        assert_eq!(verdict::<Tts>(&grant, &cx), ORDER.get(first).copied().unwrap_or(""));
    }
}

#[test]
fn every_refusal_says_what_to_do() {
    let refusals = [
        Refusal::Revoked,
        Refusal::WrongKey,
        Refusal::WordTiming { number: 2 },
        Refusal::TooManyTries { wait_seconds: 9 },
    ];
    for refusal in refusals {
        assert!(!refusal.fix().is_empty() && !refusal.to_string().is_empty());
        assert!(refusal.code().chars().all(|c| c.is_ascii_lowercase() || c == '_'));
    }
}
