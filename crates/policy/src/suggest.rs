//! "Did you mean": the nearest of the known names.

/// Edits of a name up to which another one is taken for it: a third of its characters, at most this many.
const EDITS_MAX: usize = 4;
/// Characters of a name beyond which nothing is looked for.
const NAME_CHARACTERS_MAX: usize = 128;

/// The known name that is nearest to `name`, ignoring case, if one is near.
pub(crate) fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let name: Vec<char> = name.to_ascii_lowercase().chars().collect();
    if name.len() > NAME_CHARACTERS_MAX {
        return None;
    }
    let far = (name.len() / 3).clamp(1, EDITS_MAX);
    let near = known.filter_map(|candidate| {
        let lower: Vec<char> = candidate.to_ascii_lowercase().chars().collect();
        let edits = match lower.len().abs_diff(name.len()) <= far {
            true => edits(&name, &lower),
            false => return None,
        };
        (edits <= far).then_some((edits, candidate))
    });
    near.min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions, replacements and swaps of neighbours that make one text of the other.
fn edits(a: &[char], b: &[char]) -> usize {
    let first: Vec<usize> = (0..=b.len()).collect();
    let (mut before, mut last) = (first.clone(), first);
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            // Always there: a row is one longer than what it is about.
            let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or_default();
            let replaced = at(&last, j) + usize::from(x != y);
            let mut best = replaced.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests;
