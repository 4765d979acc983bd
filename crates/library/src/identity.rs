//! Who this installation is: the keys it signs with and the machine it runs on. Knows no storage.

use consent::{DeviceId, IssuerKey, IssuerKind, OwnerKey, Refusal, SecretKey, SystemEntropy, TrustList};
use zeroize::Zeroizing;

use crate::{Kind, LibraryError};

/// Issuer, grantee and owner in one installation; the owner's key is the one for "my own voice" (mode A).
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) kind: Kind,
    pub(crate) issuer: IssuerKey,
    pub(crate) grantee: SecretKey,
    pub(crate) device: DeviceId,
    owner_seed: Zeroizing<[u8; 32]>,
}

impl Identity {
    /// A new installation.
    pub(crate) fn create(kind: Kind, machine: &[u8]) -> Result<Self, Refusal> {
        let new = || SecretKey::random(&mut SystemEntropy);
        Ok(Self::assemble(kind, new()?, new()?, new()?.seed(), machine))
    }

    /// What is sealed and stored: the kind, then three seeds. The kind is sealed with the keys, so that a demo library
    /// cannot be turned into a normal one.
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(vec![self.kind.number()]);
        bytes.extend_from_slice(self.issuer.secret().seed().as_slice());
        bytes.extend_from_slice(self.grantee.seed().as_slice());
        bytes.extend_from_slice(self.owner_seed.as_slice());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8], machine: &[u8]) -> Result<Self, LibraryError> {
        let bad = || LibraryError::damaged("identity", "it is not in the form that this version writes");
        let (&kind, seeds) = bytes.split_first().ok_or_else(bad)?;
        let kind = Kind::from_number(kind).ok_or_else(bad)?;
        let ([issuer, grantee, owner], []) = seeds.as_chunks::<32>() else { return Err(bad()) };
        let owner = Zeroizing::new(*owner);
        Ok(Self::assemble(kind, SecretKey::from_seed(issuer), SecretKey::from_seed(grantee), owner, machine))
    }

    pub(crate) fn owner(&self) -> OwnerKey {
        OwnerKey::this_installation(SecretKey::from_seed(&self.owner_seed))
    }

    /// Trusts its own countersignature and nobody else's.
    pub(crate) fn trust(&self) -> TrustList {
        TrustList::new().with(self.issuer.public(), self.issuer.kind())
    }

    fn assemble(
        kind: Kind,
        issuer: SecretKey,
        grantee: SecretKey,
        owner_seed: Zeroizing<[u8; 32]>,
        machine: &[u8],
    ) -> Self {
        let issuer_kind = match kind {
            Kind::Normal => IssuerKind::Normal,
            Kind::Demo => IssuerKind::Demo,
        };
        let device = DeviceId::of(&issuer.public(), machine);
        Self { kind, issuer: IssuerKey::new(issuer, issuer_kind), grantee, device, owner_seed }
    }
}
