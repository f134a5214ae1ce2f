//! Reads the part of Java's regular expressions that the models use.

/// A parsed pattern.
pub enum Node {
    Class(Class),
    Sequence(Vec<Node>),
    Either(Vec<Node>),
    /// Inner, at least, at most (none: without end).
    Repeat(Box<Node>, u32, Option<u32>),
}

/// A set of characters.
#[derive(Clone, Default)]
pub struct Class {
    /// One bit for each of U+0000 to U+007F.
    pub ascii: u128,
    /// Above ASCII, inclusive.
    pub ranges: Vec<(u32, u32)>,
    /// Above ASCII: all of `\p{L}\p{Z}\p{N}`.
    pub letters: bool,
}

const LAST: u32 = 0x10_FFFF;

impl Class {
    fn add(&mut self, from: u32, to: u32) {
        for c in from..=to.min(0x7F) {
            self.ascii |= 1 << c;
        }
        if to > 0x7F {
            self.ranges.push((from.max(0x80), to));
        }
    }

    fn join(&mut self, other: &Class) {
        self.ascii |= other.ascii;
        self.ranges.extend(&other.ranges);
        self.letters |= other.letters;
    }

    fn negated(&self) -> Result<Class, String> {
        if self.letters {
            return Err("cannot negate a Unicode category".to_owned());
        }
        let mut next = 0x80;
        let mut ranges = Vec::new();
        for (from, to) in self.tidy_ranges() {
            if from > next {
                ranges.push((next, from - 1));
            }
            next = to + 1;
        }
        if next <= LAST {
            ranges.push((next, LAST));
        }
        Ok(Class {
            ascii: !self.ascii,
            ranges,
            letters: false,
        })
    }

    /// Sorted and merged.
    fn tidy_ranges(&self) -> Vec<(u32, u32)> {
        let mut sorted = self.ranges.clone();
        sorted.sort_unstable();
        let mut out: Vec<(u32, u32)> = Vec::new();
        for (from, to) in sorted {
            match out.last_mut() {
                Some(last) if from <= last.1 + 1 => last.1 = last.1.max(to),
                _ => out.push((from, to)),
            }
        }
        out
    }
}

pub fn parse(source: &str) -> Result<Node, String> {
    // Java reads `\u10000` as U+1000 and a zero; the models mean the supplementary planes.
    let source = source.replace(r"\u10000-\u10FFFF", r"\x{10000}-\x{10FFFF}");
    let mut parser = Parser {
        rest: source.chars().collect(),
        at: 0,
    };
    let node = parser.either()?;
    match parser.peek() {
        None => Ok(node),
        Some(c) => Err(format!("unexpected {c:?} at {}", parser.at)),
    }
}

struct Parser {
    rest: Vec<char>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn take(&mut self) -> Result<char, String> {
        let c = self.peek().ok_or("unexpected end")?;
        self.at += 1;
        Ok(c)
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    fn either(&mut self) -> Result<Node, String> {
        let mut options = vec![self.sequence()?];
        while self.eat('|') {
            options.push(self.sequence()?);
        }
        Ok(Node::Either(options))
    }

    fn sequence(&mut self) -> Result<Node, String> {
        let mut items = Vec::new();
        while let Some(c) = self.peek() {
            match c {
                '|' | ')' => break,
                // The whole text is matched anyway.
                '^' | '$' => self.at += 1,
                _ => {
                    let atom = self.atom()?;
                    items.push(self.repeated(atom)?);
                }
            }
        }
        Ok(Node::Sequence(items))
    }

    fn repeated(&mut self, atom: Node) -> Result<Node, String> {
        let (min, max) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                self.at += 1;
                let min = self.number()?;
                let max = if self.eat(',') {
                    Some(self.number()?)
                } else {
                    Some(min)
                };
                if self.peek() != Some('}') {
                    return Err("expected }".to_owned());
                }
                (min, max)
            }
            _ => return Ok(atom),
        };
        self.at += 1;
        Ok(Node::Repeat(Box::new(atom), min, max))
    }

    fn number(&mut self) -> Result<u32, String> {
        let mut digits = String::new();
        while let Some(c) = self.peek().filter(char::is_ascii_digit) {
            digits.push(c);
            self.at += 1;
        }
        digits.parse().map_err(|_| "expected a number".to_owned())
    }

    fn atom(&mut self) -> Result<Node, String> {
        match self.take()? {
            '(' => {
                if self.eat('?') {
                    return Err("look-around: give an equivalent in operations.toml".to_owned());
                }
                let inner = self.either()?;
                if !self.eat(')') {
                    return Err("expected )".to_owned());
                }
                Ok(inner)
            }
            '[' => self.class().map(Node::Class),
            '\\' => self.escape().map(Node::Class),
            '.' => line_ends().negated().map(Node::Class),
            c => {
                let mut class = Class::default();
                class.add(c as u32, c as u32);
                Ok(Node::Class(class))
            }
        }
    }

    /// After `[`.
    fn class(&mut self) -> Result<Class, String> {
        let negated = self.eat('^');
        let mut class = Class::default();
        while !self.eat(']') {
            let item = match self.take()? {
                '\\' => self.escape()?,
                c => {
                    let mut one = Class::default();
                    one.add(c as u32, c as u32);
                    one
                }
            };
            let is_range = self.peek() == Some('-')
                && self.rest.get(self.at + 1) != Some(&']')
                && single(&item).is_some();
            if !is_range {
                class.join(&item);
                continue;
            }
            let from = single(&item).ok_or("range start")?;
            self.at += 1;
            let end = match self.take()? {
                '\\' => single(&self.escape()?).ok_or("range end")?,
                c => c as u32,
            };
            class.add(from, end);
        }
        class.ranges = class.tidy_ranges();
        if negated { class.negated() } else { Ok(class) }
    }

    /// After `\`.
    fn escape(&mut self) -> Result<Class, String> {
        let mut class = Class::default();
        match self.take()? {
            'w' => {
                for (a, b) in [('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')] {
                    class.add(a as u32, b as u32);
                }
            }
            'd' => class.add('0' as u32, '9' as u32),
            's' => space(&mut class),
            'S' => {
                space(&mut class);
                class = class.negated()?;
            }
            'u' => {
                let c = self.hex(4)?;
                class.add(c, c);
            }
            'x' if self.eat('{') => {
                let length = self
                    .rest
                    .iter()
                    .skip(self.at)
                    .take_while(|c| **c != '}')
                    .count();
                let c = self.hex(length)?;
                self.at += 1;
                class.add(c, c);
            }
            'p' => self.category(&mut class)?,
            c if !c.is_ascii_alphanumeric() => class.add(c as u32, c as u32),
            c => return Err(format!("unknown escape {c:?}")),
        }
        Ok(class)
    }

    fn hex(&mut self, length: usize) -> Result<u32, String> {
        let text: String = self.rest.iter().skip(self.at).take(length).collect();
        self.at += length;
        u32::from_str_radix(&text, 16).map_err(|e| format!("{text}: {e}"))
    }

    /// After `\p`. The models always use L, Z and N together.
    fn category(&mut self, class: &mut Class) -> Result<(), String> {
        let name: String = self.rest.iter().skip(self.at).take(3).collect();
        self.at += 3;
        match name.as_str() {
            "{L}" => {
                class.add('a' as u32, 'z' as u32);
                class.add('A' as u32, 'Z' as u32);
            }
            "{Z}" => class.add(' ' as u32, ' ' as u32),
            "{N}" => class.add('0' as u32, '9' as u32),
            other => return Err(format!("unknown category {other}")),
        }
        class.letters = true;
        Ok(())
    }
}

/// What `.` does not match in Java.
fn line_ends() -> Class {
    let mut class = Class::default();
    for (from, to) in [(0x0A, 0x0A), (0x0D, 0x0D), (0x85, 0x85), (0x2028, 0x2029)] {
        class.add(from, to);
    }
    class
}

fn space(class: &mut Class) {
    class.add(0x09, 0x0D);
    class.add(0x20, 0x20);
}

/// The one character of the class, if it is one.
fn single(class: &Class) -> Option<u32> {
    match (
        class.ascii.count_ones(),
        class.ranges.as_slice(),
        class.letters,
    ) {
        (1, [], false) => Some(class.ascii.trailing_zeros()),
        (0, [(a, b)], false) if a == b => Some(*a),
        _ => None,
    }
}
