//! Shows in more than one size, for the tests of the store.

use regie_model::{
    DeviceId, Layout, Role, SavedShow, SavedSource, Scene, Secret, Slot, SourceId, SourceKind, Token,
    TokenId, TokenInfo, Transition,
};

/// A show in which every part says the same number, so that a half-saved one is told at a glance.
pub fn numbered(n: u32) -> SavedShow {
    let sources = (1..=8).map(|id| SavedSource {
        id: SourceId(id),
        slot: Slot(id as u8 - 1),
        kind: match id % 3 {
            0 => SourceKind::Demo { pattern: 1 },
            1 => SourceKind::Phone {
                device: DeviceId::parse(&format!("phone-{id}")).expect("a device id"),
            },
            _ => SourceKind::Colour {
                rgb: "#102030".into(),
            },
        },
        name: format!("Caméra {n}"),
        resume: (id % 3 == 1).then(|| Secret::new(format!("resume-{n}"))),
    });
    let tokens = [Role::Operator, Role::Camera, Role::Viewer].into_iter().zip(1..);
    SavedShow {
        name: format!("{n}"),
        sources: sources.rev().collect(),
        preview: Scene::full(SourceId(1)),
        program: Scene {
            layout: Layout::SideBySide,
            sources: vec![None, Some(SourceId(n % 8 + 1))],
        },
        transition: Transition::Mix {
            duration_ms: 40 + n % 9_000,
        },
        tokens: tokens
            .map(|(role, id)| Token {
                info: TokenInfo {
                    id: TokenId(id),
                    role,
                    name: "régie".into(),
                    created_ms: 1_700_000_000_000 + u64::from(n),
                    expires_ms: (role == Role::Viewer).then_some(1 << 52),
                    join_code: role == Role::Camera,
                },
                secret: Secret::new(format!("secret-{n}")),
            })
            .collect(),
        last_source: n,
        last_token: n,
    }
}
