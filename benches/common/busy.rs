//! A plain picture of the same kind, made of a terminal library's own widgets: tables, lists, dots on wires. What a frame costs at
//! least when everything on it changes.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{
    Block, Borders, Cell, Gauge, List, ListItem, Paragraph, Row, Sparkline, Table, Tabs, Widget,
};

use super::Rng;

/// What changes from frame to frame.
pub struct Busy {
    turn: u64,
    bars: Vec<u64>,
}

impl Busy {
    pub fn new() -> Self {
        let mut rng = Rng(4);
        Self { turn: 0, bars: (0..400).map(|_| rng.below(100)).collect() }
    }

    pub fn advance(&mut self) {
        self.turn += 1;
        self.bars.rotate_left(1);
    }

    pub fn paint(&self, buffer: &mut Buffer, area: Rect) {
        let rows = [Constraint::Length(1), Constraint::Min(5), Constraint::Length(5)];
        let [top, middle, bottom] = Layout::vertical(rows).areas(area);
        let columns = [Constraint::Percentage(30), Constraint::Percentage(40), Constraint::Percentage(30)];
        let [left, centre, right] = Layout::horizontal(columns).areas(middle);
        Tabs::new(["Cluster", "Topics", "Groups", "Log", "Lesson"])
            .select((self.turn % 5) as usize)
            .render(top, buffer);
        self.partitions(left, buffer);
        self.wires(centre, buffer);
        self.events(right, buffer);
        self.foot(bottom, buffer);
    }

    fn partitions(&self, area: Rect, buffer: &mut Buffer) {
        let row = |i: u64| {
            let leader =
                Cell::from(format!("{}", 1 + (i + self.turn) % 3)).style(Style::new().fg(Color::Green));
            let isr = if (i + self.turn).is_multiple_of(5) { "1,2" } else { "1,2,3" };
            Row::new(vec![
                Cell::from(format!("orders-{i}")),
                leader,
                Cell::from(isr),
                Cell::from(format!("{}", 1000 + i * 37 + self.turn)),
            ])
        };
        let widths =
            [Constraint::Min(8), Constraint::Length(3), Constraint::Length(6), Constraint::Length(8)];
        Table::new((0..u64::from(area.height)).map(row), widths)
            .header(
                Row::new(["partition", "ldr", "isr", "hw"]).style(Style::new().add_modifier(Modifier::BOLD)),
            )
            .block(boxed("partitions"))
            .render(area, buffer);
    }

    fn wires(&self, area: Rect, buffer: &mut Buffer) {
        let block = boxed("wire");
        let inner = block.inner(area);
        block.render(area, buffer);
        let (width, height) = (u64::from(inner.width), u64::from(inner.height));
        let mut rng = Rng(77);
        for i in 0..width * height / 6 {
            let moved = if i < 8 { self.turn } else { 0 };
            let x = inner.x + ((rng.below(width) + moved) % width) as u16;
            let y = inner.y + rng.below(height) as u16;
            let colour =
                [Color::Cyan, Color::Yellow, Color::Magenta, Color::Rgb(120, 200, 90)][(i % 4) as usize];
            buffer[(x, y)].set_symbol(["●", "─", "│", "▶"][(i % 4) as usize]).set_fg(colour);
        }
    }

    fn events(&self, area: Rect, buffer: &mut Buffer) {
        let item = |i: u64| {
            let n = i + self.turn;
            ListItem::new(Line::from(vec![
                Span::styled(format!("{:>8} ", 1000 + n * 13), Style::new().fg(Color::DarkGray)),
                Span::styled(
                    ["PRODUCE ", "FETCH ", "ACK "][(n % 3) as usize],
                    Style::new().fg(Color::LightBlue),
                ),
                Span::raw(format!("b{} to b{} orders-{} offset {}", n % 3, (n + 1) % 3, n % 17, n * 7)),
            ]))
        };
        List::new((0..u64::from(area.height)).map(item)).block(boxed("events")).render(area, buffer);
    }

    fn foot(&self, area: Rect, buffer: &mut Buffer) {
        let columns = [Constraint::Percentage(25), Constraint::Percentage(50), Constraint::Percentage(25)];
        let [lag, rate, text] = Layout::horizontal(columns).areas(area);
        let ratio = ((self.turn % 100) as f64 + 0.5) / 101.0;
        Gauge::default().block(boxed("lag")).ratio(ratio).render(lag, buffer);
        Sparkline::default().block(boxed("records")).data(&self.bars).render(rate, buffer);
        Paragraph::new("The leader waits for the slowest replica in sync before it answers.")
            .block(boxed("tutor"))
            .render(text, buffer);
    }
}

fn boxed(title: &str) -> Block<'_> {
    Block::new().borders(Borders::ALL).title(title)
}
