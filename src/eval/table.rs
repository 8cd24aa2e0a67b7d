//! Sets to measure with: tables of segments with professional translations.
//!
//! Tab-separated, without quoting. The first line names the columns, in any order: `en`, at least one
//! of `ko` and `ru`, and `doc` for the document that a row belongs to; where there is no `doc`, every
//! row is a document of its own. Other columns are not read.

use std::collections::BTreeMap;

use crate::job::Lang;

/// A set, by documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// The languages that every row has a reference in.
    pub langs: Vec<Lang>,
    /// In the order of their first rows. None is empty.
    pub documents: Vec<Document>,
}

impl Set {
    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.documents.iter().map(|doc| doc.rows.len()).sum()
    }

    /// At most `count` documents, spread evenly over the set and in its order.
    #[must_use]
    pub fn spread(mut self, count: usize) -> Self {
        let step = self.documents.len().checked_div(count).unwrap_or(0).max(1);
        self.documents = self
            .documents
            .into_iter()
            .step_by(step)
            .take(count)
            .collect();
        self
    }
}

/// Rows that belong together, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What the table calls it; the number of its line where there is no column `doc`.
    pub name: String,
    /// At least one.
    pub rows: Vec<Row>,
}

/// One segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its line in the table; the first line of the file is 1.
    pub line: usize,
    /// What is to be translated. Without space at its ends, never empty; so are the references.
    pub source: String,
    /// How a professional translated it, one for each of the set's languages.
    pub references: BTreeMap<Lang, String>,
}

/// Why a table could not be read. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Nothing at all.
    #[error(
        "the table is empty: its first line names the columns (doc, en, ko, ru), with tabs between them"
    )]
    Empty,
    /// A column that is needed.
    #[error("line 1: no column {wanted}; there is {found}")]
    NoColumn {
        /// What it is called.
        wanted: &'static str,
        /// What columns there are.
        found: String,
    },
    /// A name that two columns have.
    #[error("line 1, column {column}: a second column {name}")]
    Twice {
        /// The second.
        column: usize,
        /// Its name.
        name: String,
    },
    /// A row that has more or fewer cells than there are columns.
    #[error("line {line}, column {}: the line has {found} columns, the first line has {expected}", found.min(expected) + 1)]
    Cells {
        /// Where.
        line: usize,
        /// How many it has.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A cell with nothing in it.
    #[error("line {line}, column {column}: no text under {name}")]
    NoText {
        /// Where.
        line: usize,
        /// Where.
        column: usize,
        /// The column's name.
        name: String,
    },
    /// Names of columns and nothing below them.
    #[error("line 2: no rows")]
    NoRows,
}

/// Reads a table.
///
/// Lines without anything in them are passed over; a byte order mark and carriage returns are too.
///
/// # Errors
/// What is wrong with the first line that is not as it should be.
pub fn parse(text: &str) -> Result<Set, TableError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = (1..).zip(text.lines());
    let (_, head) = lines.next().ok_or(TableError::Empty)?;
    let head = Head::parse(head)?;
    let mut documents: Vec<Document> = Vec::new();
    let mut places = BTreeMap::new();
    for (line, text) in lines.filter(|(_, text)| !text.is_empty()) {
        let (name, row) = head.row(line, text)?;
        let at = *places.entry(name.clone()).or_insert(documents.len());
        match documents.get_mut(at) {
            Some(document) => document.rows.push(row),
            None => documents.push(Document {
                name,
                rows: vec![row],
            }),
        }
    }
    if documents.is_empty() {
        return Err(TableError::NoRows);
    }
    Ok(Set {
        langs: head.references.iter().map(|(lang, _)| *lang).collect(),
        documents,
    })
}

/// Which column is where, counted from 0.
struct Head {
    names: Vec<String>,
    doc: Option<usize>,
    source: usize,
    references: Vec<(Lang, usize)>,
}

impl Head {
    fn parse(line: &str) -> Result<Self, TableError> {
        if line.trim().is_empty() {
            return Err(TableError::Empty);
        }
        let names: Vec<String> = line
            .split('\t')
            .map(|name| name.trim().to_lowercase())
            .collect();
        let place = |wanted: &str| {
            let mut places = names.iter().enumerate().filter(|(_, name)| *name == wanted);
            let first = places.next().map(|(at, _)| at);
            match places.next() {
                Some((at, name)) => Err(TableError::Twice {
                    column: at + 1,
                    name: name.clone(),
                }),
                None => Ok(first),
            }
        };
        let missing = |wanted| TableError::NoColumn {
            wanted,
            found: names.join(", "),
        };
        let source = place(Lang::En.tag())?.ok_or_else(|| missing(Lang::En.tag()))?;
        let doc = place("doc")?;
        let mut references = Vec::new();
        for lang in Lang::TARGETS {
            references.extend(place(lang.tag())?.map(|at| (lang, at)));
        }
        if references.is_empty() {
            return Err(missing("ko or ru"));
        }
        Ok(Self {
            names,
            doc,
            source,
            references,
        })
    }

    /// A row, and the name of its document.
    fn row(&self, line: usize, text: &str) -> Result<(String, Row), TableError> {
        let cells: Vec<&str> = text.split('\t').map(str::trim).collect();
        if cells.len() != self.names.len() {
            return Err(TableError::Cells {
                line,
                found: cells.len(),
                expected: self.names.len(),
            });
        }
        let cell = |at: usize| match cells.get(at) {
            Some(text) if !text.is_empty() => Ok((*text).to_owned()),
            _ => Err(TableError::NoText {
                line,
                column: at + 1,
                name: self.names.get(at).cloned().unwrap_or_default(),
            }),
        };
        let name = match self.doc {
            Some(at) => cell(at)?,
            None => line.to_string(),
        };
        let mut references = BTreeMap::new();
        for (lang, at) in &self.references {
            references.insert(*lang, cell(*at)?);
        }
        let source = cell(self.source)?;
        Ok((
            name,
            Row {
                line,
                source,
                references,
            },
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::peer;

    fn message(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_set_is_read_by_documents_and_other_columns_are_not() {
        let set = parse(peer::SEGMENTS).unwrap();
        assert_eq!(set.langs, [Lang::Ko, Lang::Ru]);
        assert_eq!(set.rows(), 30);
        let names: Vec<&str> = set.documents.iter().map(|doc| doc.name.as_str()).collect();
        assert_eq!(names, ["harbour", "match", "budget", "storm", "museum"]);
        let row = &set.documents[1].rows[4];
        assert_eq!(row.line, 12);
        assert_eq!(row.source, "They meet again on 14 March.");
        assert_eq!(row.references[&Lang::Ko], "두 팀은 3월 14일에 다시 만난다.");
        assert_eq!(row.references[&Lang::Ru], "Снова они встретятся 14 марта.");
    }

    #[test]
    fn columns_stand_in_any_order_and_rows_of_a_document_may_be_apart() {
        let text =
            "\u{feff}RU\ten\tDoc\r\nДа.\tYes.\ta\r\nНет.\tNo.\tb\r\n\r\n Тоже. \tToo. \ta\r\n";
        let set = parse(text).unwrap();
        assert_eq!(set.langs, [Lang::Ru]);
        assert_eq!(set.documents.len(), 2);
        assert_eq!(set.documents[0].rows.len(), 2);
        assert_eq!(set.documents[0].rows[1].line, 5);
        assert_eq!(set.documents[0].rows[1].references[&Lang::Ru], "Тоже.");
    }

    #[test]
    fn without_a_column_for_it_each_row_is_a_document() {
        let set = parse("en\tko\nYes.\t네.\nNo.\t아니요.").unwrap();
        assert_eq!(set.documents.len(), 2);
        assert_eq!(set.documents[1].name, "3");
    }

    #[test]
    fn quotation_marks_are_text() {
        let set = parse("en\tko\n\"Yes\t“네\n").unwrap();
        assert_eq!(set.documents[0].rows[0].source, "\"Yes");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        assert!(message("").starts_with("the table is empty"));
        assert!(message("\n").starts_with("the table is empty"));
        assert_eq!(
            message("doc\tko\n"),
            "line 1: no column en; there is doc, ko"
        );
        assert_eq!(
            message("doc\ten\tfr\n"),
            "line 1: no column ko or ru; there is doc, en, fr"
        );
        assert_eq!(
            message("en\tko\tko\n"),
            "line 1, column 3: a second column ko"
        );
        assert_eq!(message("en\tko\n"), "line 2: no rows");
        assert_eq!(
            message("en\tko\nYes.\t네.\nNo.\n"),
            "line 3, column 2: the line has 1 columns, the first line has 2"
        );
        assert_eq!(
            message("en\tko\nYes.\t네.\t예.\n"),
            "line 2, column 3: the line has 3 columns, the first line has 2"
        );
        assert_eq!(
            message("en\tru\nYes.\t \n"),
            "line 2, column 2: no text under ru"
        );
        assert_eq!(
            message("doc\ten\tru\n\tYes.\tДа.\n"),
            "line 2, column 1: no text under doc"
        );
    }

    #[test]
    fn some_documents_are_taken_from_all_over() {
        let names = |count| {
            let set = parse(peer::SEGMENTS).unwrap().spread(count);
            let names = set.documents.into_iter().map(|document| document.name);
            names.collect::<Vec<_>>()
        };
        assert_eq!(names(2), ["harbour", "budget"]);
        assert_eq!(names(5).len(), 5);
        assert_eq!(names(50).len(), 5);
        assert_eq!(names(0), [""; 0]);
    }
}
