//! The colours, chosen by hand and measured.
//!
//! Twenty roles cannot all differ in colour for every eye, and need not: two roles that share a shape are far apart,
//! the rest differ in shape. Before a value changes, measure it against every surface (the tests of the theme do) and
//! against the other roles of its shape.

use ratatui::style::{Color, Modifier};

use super::{Surface, ThemeName};

/// What a cell means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Running text.
    Text,
    /// Labels and what is not in the foreground.
    Muted,
    /// Decoration only, never information.
    Faint,
    /// What the eye should go to: focus, high watermark, what just changed.
    Focus,
    /// A leader, `★`.
    Leader,
    /// A follower, `☆`.
    Follower,
    /// In the in-sync replica set, `◉`.
    InSync,
    /// Alive but out of the in-sync replica set: dashed box, `◌`.
    OutOfSync,
    /// A process that is down: dashed box, `✗`.
    Dead,
    /// A request on its way, `━●▸`.
    Request,
    /// A response on its way, `◂○━`.
    Response,
    /// A lost message, `✗`, and a duplicate record, `!a!`.
    Dropped,
    /// A committed record, a filled tile.
    Committed,
    /// The same in an odd partition.
    CommittedOdd,
    /// A record not yet committed, or of an open transaction, `(a)`.
    Uncommitted,
    /// A record of an aborted transaction, `/a/`.
    Aborted,
    /// A control marker, `‹C›`, and a fork, `┳`.
    Control,
    /// The first consumer group, position or lane.
    PositionA,
    /// The second.
    PositionB,
    /// The third.
    PositionC,
    /// A warning, `⚠`, and waiting, `░`.
    Warning,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 21] = [
        Role::Text,
        Role::Muted,
        Role::Faint,
        Role::Focus,
        Role::Leader,
        Role::Follower,
        Role::InSync,
        Role::OutOfSync,
        Role::Dead,
        Role::Request,
        Role::Response,
        Role::Dropped,
        Role::Committed,
        Role::CommittedOdd,
        Role::Uncommitted,
        Role::Aborted,
        Role::Control,
        Role::PositionA,
        Role::PositionB,
        Role::PositionC,
        Role::Warning,
    ];

    /// The role of the `index`-th consumer group, position or lane, counted from 0; three roles take turns.
    pub const fn position(index: usize) -> Role {
        match index % 3 {
            0 => Role::PositionA,
            1 => Role::PositionB,
            _ => Role::PositionC,
        }
    }

    /// The fill of a committed record in partition `partition`: neighbours alternate.
    pub const fn committed(partition: u32) -> Role {
        if partition.is_multiple_of(2) { Role::Committed } else { Role::CommittedOdd }
    }

    /// Shape that goes with the colour.
    pub(super) const fn modifier(self) -> Modifier {
        match self {
            Role::Focus => Modifier::BOLD,
            Role::Aborted => Modifier::CROSSED_OUT,
            _ => Modifier::empty(),
        }
    }

    /// Shape that stands for the colour where there is none.
    pub(super) const fn mono_modifier(self) -> Modifier {
        match self {
            Role::Leader | Role::InSync | Role::Request | Role::Response | Role::Dropped | Role::Warning => {
                Modifier::BOLD
            }
            Role::Faint | Role::Dead => Modifier::DIM,
            _ => Modifier::empty(),
        }
    }

    /// Whether the role is filled even where surfaces are not painted.
    pub(super) const fn keeps_its_fill(self) -> bool {
        matches!(
            self,
            Role::Committed
                | Role::CommittedOdd
                | Role::Dropped
                | Role::PositionA
                | Role::PositionB
                | Role::PositionC
        )
    }
}

/// One colour at three depths.
#[derive(Debug, Clone, Copy)]
pub(super) struct Swatch {
    /// `0xRRGGBB`.
    pub rgb: u32,
    /// A number of xterm's 256 colours.
    pub indexed: u8,
    /// A number of the terminal's own 16, or [`DEFAULT`].
    pub ansi: u8,
}

/// The terminal's own text colour.
const DEFAULT: u8 = 16;

/// A row of the table below: (24 bit, 256, 16) for dark, light and projector.
type Row = [(u32, u8, u8); 3];

const fn pick(row: Row, name: ThemeName) -> Swatch {
    let [dark, light, projector] = row;
    let (rgb, indexed, ansi) = match name {
        ThemeName::Dark => dark,
        ThemeName::Light => light,
        ThemeName::Projector => projector,
    };
    Swatch { rgb, indexed, ansi }
}

#[rustfmt::skip]
const fn row(role: Role) -> Row {
    match role {
        Role::Text => [(0xdce4ee, 254, 7), (0x1c2431, 235, 0), (0x000000, 16, DEFAULT)],
        Role::Muted => [(0xa3b1c4, 110, 7), (0x4c5768, 240, 8), (0x2b3340, 236, DEFAULT)],
        Role::Faint => [(0x53617a, 240, 8), (0xa9b0bc, 249, 7), (0x606a76, 241, DEFAULT)],
        Role::Focus => [(0xffffff, 231, 15), (0x000000, 16, 0), (0x000000, 16, DEFAULT)],
        Role::Leader => [(0xf5b83d, 214, 11), (0x7e4a00, 94, 3), (0x6b3e00, 94, 3)],
        Role::Follower => [(0x7faef5, 111, 12), (0x2556b5, 26, 4), (0x123f96, 25, 4)],
        Role::InSync => [(0x35c9b0, 43, 14), (0x005f55, 23, 6), (0x004d45, 23, 6)],
        Role::OutOfSync => [(0xff8b4a, 209, 3), (0xb03a00, 124, 1), (0x8f2e00, 124, 1)],
        Role::Dead => [(0x8d99ab, 246, 8), (0x626b79, 242, 8), (0x444c59, 239, DEFAULT)],
        Role::Request => [(0x5cc6ff, 117, 14), (0x005a99, 25, 4), (0x00457a, 24, 4)],
        Role::Response => [(0xd6f08a, 192, 10), (0x667a00, 64, 2), (0x465400, 22, 2)],
        Role::Dropped => [(0xff6f8d, 204, 9), (0x96002a, 88, 1), (0x80001f, 88, 1)],
        Role::Committed => [(0x2fae98, 36, 2), (0x00695c, 23, 2), (0x003f37, 23, 2)],
        Role::CommittedOdd => [(0x27917f, 30, 2), (0x1f7a6e, 30, 2), (0x0a584e, 23, 2)],
        Role::Uncommitted => [(0xf0d264, 221, 11), (0x735300, 94, 3), (0x5c4200, 58, 3)],
        Role::Aborted => [(0xee7468, 203, 1), (0x8a1f14, 88, 1), (0x74150c, 52, 1)],
        Role::Control => [(0xbd9fff, 183, 13), (0x5f35c0, 56, 5), (0x4a1fa8, 55, 5)],
        Role::PositionA => [(0xf062b4, 205, 13), (0x6e0550, 89, 5), (0x5e0046, 53, 5)],
        Role::PositionB => [(0xa4f4f0, 159, 14), (0x007f97, 31, 6), (0x005a69, 23, 6)],
        Role::PositionC => [(0xc8a24a, 179, 3), (0x8c5a10, 94, 3), (0x6b4200, 94, 3)],
        Role::Warning => [(0xffd24a, 221, 11), (0x7a5300, 94, 3), (0x5f4000, 58, 3)],
    }
}

/// The colour of `role`.
pub(super) const fn swatch(role: Role, name: ThemeName) -> Swatch {
    pick(row(role), name)
}

/// The background of `surface`. Its 16-colour value is never used: there the terminal's own background stays.
pub(super) const fn surface(surface: Surface, name: ThemeName) -> Swatch {
    let row = match surface {
        Surface::Stage => [(0x0f1521, 233, DEFAULT), (0xfbf9f4, 231, DEFAULT), (0xffffff, 231, DEFAULT)],
        Surface::Panel => [(0x1a2333, 235, DEFAULT), (0xf4f1ea, 255, DEFAULT), (0xf2f2f2, 255, DEFAULT)],
        Surface::Selected => [(0x273349, 237, DEFAULT), (0xe9e4d9, 254, DEFAULT), (0xdde6f5, 254, DEFAULT)],
    };
    pick(row, name)
}

/// The colour of text on a fill.
pub(super) const fn ink(name: ThemeName) -> Swatch {
    pick([(0x0b1018, 16, 0), (0xffffff, 231, 15), (0xffffff, 231, 15)], name)
}

/// One of the terminal's own colours.
pub(super) const fn ansi(number: u8) -> Color {
    match number {
        0 => Color::Black,
        1 => Color::Red,
        2 => Color::Green,
        3 => Color::Yellow,
        4 => Color::Blue,
        5 => Color::Magenta,
        6 => Color::Cyan,
        7 => Color::Gray,
        8 => Color::DarkGray,
        9 => Color::LightRed,
        10 => Color::LightGreen,
        11 => Color::LightYellow,
        12 => Color::LightBlue,
        13 => Color::LightMagenta,
        14 => Color::LightCyan,
        15 => Color::White,
        _ => Color::Reset,
    }
}
