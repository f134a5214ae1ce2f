//! The trail's folder of a data directory, asked by way of its index; a server may be running on it.

use std::path::{Path, PathBuf};

use locum_server::trail_index::{Attribute, Hit, Query, Term, search_folder};

use crate::error::CliError;

/// Records of one page.
const PAGE: usize = 500;

/// A folder of day files.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The trail of a data directory.
    pub fn open(data: &Path) -> Result<Folder, CliError> {
        let directory = data.join("trail");
        if directory.is_dir() {
            return Ok(Folder(directory));
        }
        let message = format!("there is no trail in {}", data.display());
        Err(CliError::configuration(
            message,
            "name the server's data directory with --data DIR or LOCUM_DATA",
        ))
    }

    /// Gives out what is found, the newest first, until `each` has had enough or `limit` were given.
    /// Tells whether there was more.
    pub fn each(
        &self,
        query: &Query,
        limit: usize,
        mut each: impl FnMut(Vec<Hit>) -> Result<(), CliError>,
    ) -> Result<bool, CliError> {
        let mut query = query.clone();
        let mut left = limit;
        loop {
            query.limit = left.min(PAGE);
            let found = search_folder(&self.0, &query).map_err(|error| self.failed(error))?;
            left = left.saturating_sub(found.hits.len());
            each(found.hits)?;
            match found.next {
                None => return Ok(false),
                Some(_) if left == 0 => return Ok(true),
                next => query.before = next,
            }
        }
    }

    /// At most `limit` records that have one of the values, the newest first.
    pub fn having(
        &self,
        values: &[(Attribute, &str)],
        further: &[Term],
        limit: usize,
    ) -> Result<Vec<Hit>, CliError> {
        let values = values
            .iter()
            .map(|(held, value)| (*held, (*value).to_owned()));
        let mut terms = vec![Term(values.collect())];
        terms.extend_from_slice(further);
        let query = Query {
            terms,
            ..Query::default()
        };
        let mut all = Vec::new();
        self.each(&query, limit, |hits| {
            all.extend(hits);
            Ok(())
        })?;
        Ok(all)
    }

    fn failed(&self, error: std::io::Error) -> CliError {
        CliError::io(format!("cannot read the trail {}", self.0.display()), error)
    }
}
