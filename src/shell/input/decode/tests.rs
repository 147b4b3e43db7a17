//! What terminals send, and what it means.

use proptest::prelude::*;

use super::*;

fn key(code: Code) -> Event {
    Event::Key(Key::plain(code))
}

fn with(code: Code, modifiers: u32) -> Event {
    Event::Key(modified(code, modifiers))
}

fn decode(bytes: &str) -> Vec<Event> {
    let mut decoder = Decoder::default();
    let mut events = decoder.feed(bytes.as_bytes());
    events.extend(decoder.settle());
    events
}

#[test]
fn keys_are_read_in_every_spelling() {
    let cases = [
        ("q", key(Code::Char('q'))),
        ("ㅂ", key(Code::Char('ㅂ'))),
        ("한", key(Code::Char('한'))),
        (" ", key(Code::Char(' '))),
        ("\r", key(Code::Enter)),
        ("\n", key(Code::Enter)),
        ("\t", key(Code::Tab)),
        ("\x1b[Z", key(Code::BackTab)),
        ("\x1b[9;2u", key(Code::BackTab)),
        ("\x7f", key(Code::Backspace)),
        ("\x03", with(Code::Char('c'), 5)),
        ("\x1a", with(Code::Char('z'), 5)),
        ("\x1b", key(Code::Esc)),
        ("\x1b[A", key(Code::Up)),
        ("\x1bOA", key(Code::Up)),
        ("\x1b[1;5D", with(Code::Left, 5)),
        ("\x1b[H", key(Code::Home)),
        ("\x1b[1~", key(Code::Home)),
        ("\x1b[4~", key(Code::End)),
        ("\x1b[3~", key(Code::Delete)),
        ("\x1b[5~", key(Code::PageUp)),
        ("\x1b[6~", key(Code::PageDown)),
        ("\x1bOP", key(Code::F(1))),
        ("\x1b[11~", key(Code::F(1))),
        ("\x1b[[A", key(Code::F(1))),
        ("\x1bOQ", key(Code::F(2))),
        ("\x1b[12~", key(Code::F(2))),
        ("\x1b[15~", key(Code::F(5))),
        ("\x1b[17~", key(Code::F(6))),
        ("\x1b[24~", key(Code::F(12))),
        ("\x1bx", with(Code::Char('x'), 3)),
        ("\x1b[97;5u", with(Code::Char('a'), 5)),
        ("\x1b[I", Event::Focus(true)),
        ("\x1b[O", Event::Focus(false)),
        ("\x1b[200~crash b1\n한글\x1b[201~", Event::Paste("crash b1\n한글".into())),
    ];
    for (bytes, event) in cases {
        assert_eq!(decode(bytes), [event], "{bytes:?}");
    }
}

#[test]
fn answers_are_no_keys() {
    let cases = [
        ("\x1b[1;2R", Answer::Cursor { row: 1, column: 2 }),
        ("\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\", Answer::Osc("11;rgb:1e1e/1e1e/2e2e".into())),
        ("\x1b]11;rgb:ffff/ffff/ffff\x07", Answer::Osc("11;rgb:ffff/ffff/ffff".into())),
        ("\x1b[?62;22c", Answer::Attributes),
    ];
    for (bytes, answer) in cases {
        assert_eq!(decode(bytes), [Event::Answer(answer)], "{bytes:?}");
    }
    for silent in ["\x1b[M !!", "\x1bP1$r0m\x1b\\", "\x1b[?2026;2$y", "\x1b_G\x1b\\", "\x1b[99~"] {
        assert_eq!(decode(silent), [], "{silent:?}");
    }
}

#[test]
fn keys_around_an_answer_are_kept_in_order() {
    let events = decode("a\x1b]11;rgb:0/0/0\x1b\\b\x1b[Cc");
    assert_eq!(events.len(), 5);
    assert_eq!((&events[0], &events[2]), (&key(Code::Char('a')), &key(Code::Char('b'))));
    assert_eq!((&events[3], &events[4]), (&key(Code::Right), &key(Code::Char('c'))));
}

#[test]
fn an_unfinished_sequence_waits_and_is_then_dropped() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.feed(b"\x1b"), []);
    assert!(decoder.is_waiting());
    assert_eq!(decoder.feed(b"[6"), []);
    assert_eq!(decoder.feed(b"~"), [key(Code::PageDown)]);
    assert!(!decoder.is_waiting());
    decoder.feed(b"\x1b]11;rgb:");
    assert_eq!(decoder.settle(), []);
    assert_eq!(decoder.feed(b"q"), [key(Code::Char('q'))]);
    assert_eq!(decode("\x1b\x1b"), [key(Code::Esc), key(Code::Esc)]);
    assert_eq!(decode("\x1b["), [with(Code::Char('['), 3)]);
    assert_eq!(decode("\x1b\x1b[A"), [key(Code::Esc), key(Code::Up)]);
    assert_eq!(decode("\x1b[12\x1b[A"), [key(Code::Up)]);
}

#[test]
fn a_paste_may_come_in_pieces_and_hold_anything() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.feed(b"\x1b[200~x\x1b[A\x03y\x1b[20"), []);
    assert!(!decoder.is_waiting());
    assert_eq!(decoder.settle(), []);
    assert_eq!(decoder.feed(b"1~q"), [Event::Paste("x\x1b[A\x03y".into()), key(Code::Char('q'))]);
}

#[test]
fn broken_utf8_is_passed_over() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.feed(b"\xff\xed\xa0\x80\xeda\xc0b"), [key(Code::Char('a')), key(Code::Char('b'))]);
    let syllable = "가".as_bytes();
    assert_eq!(decoder.feed(&syllable[..2]), []);
    assert_eq!(decoder.feed(&syllable[2..]), [key(Code::Char('가'))]);
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_give_the_same_events(
        bytes in proptest::collection::vec(prop_oneof![Just(0x1b), Just(b'['), Just(b'O'), Just(b';'), any::<u8>()], 0..60),
        cut in 0usize..60,
    ) {
        let mut whole = Decoder::default();
        let mut events = whole.feed(&bytes);
        events.extend(whole.settle());
        let mut parts = Decoder::default();
        let (a, b) = bytes.split_at(cut.min(bytes.len()));
        let mut pieces = parts.feed(a);
        pieces.extend(parts.feed(b));
        pieces.extend(parts.settle());
        prop_assert_eq!(events, pieces);
    }

    #[test]
    fn no_bytes_keep_the_decoder_from_hearing_the_next_key(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut decoder = Decoder::default();
        decoder.feed(&bytes);
        decoder.settle();
        if decoder.paste.is_none() {
            prop_assert_eq!(decoder.feed(b"q"), [key(Code::Char('q'))]);
        }
    }
}

/// Buttons and wheel; what is let go, held with Shift, or the other buttons do is the terminal's business.
#[test]
fn the_mouse_is_read() {
    assert_eq!(decode("\x1b[<0;10;5M"), [Event::Mouse(Gesture::Click, 9, 4)]);
    assert_eq!(
        decode("\x1b[<64;1;1M\x1b[<65;300;200M"),
        [Event::Mouse(Gesture::WheelUp, 0, 0), Event::Mouse(Gesture::WheelDown, 299, 199),]
    );
    for none in
        ["\x1b[<0;10;5m", "\x1b[<4;10;5M", "\x1b[<2;10;5M", "\x1b[<0;0;5M", "\x1b[<0;10M", "\x1b[<0;99999;5M"]
    {
        assert_eq!(decode(none), [], "{none:?}");
    }
}
