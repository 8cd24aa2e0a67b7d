//! What a check has to say: a code, how bad it is, and where in both texts.

use std::ops::Range;

/// What is wrong. The code of each is part of the result's contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// Nothing was written.
    Empty,
    /// Not, or not only, in the script of the target language.
    WrongScript,
    /// The source, or a good stretch of it, stands in the output untranslated.
    CopiedSource,
    /// The same words come again and again.
    Loop,
    /// The model talks about the task instead of doing it.
    Preamble,
    /// The end is missing.
    Truncated,
    /// Much shorter or longer than translations are.
    LengthRatio,
    /// A sentence of the source has no counterpart.
    SentenceMissing,
    /// A sentence stands in the output that the source does not have.
    SentenceAdded,
    /// A quotation of the source is no quotation in the output.
    Quotation,
    /// A figure of the source is missing, or another stands in its place.
    Figures,
    /// A figure stands in the output that the source does not have.
    FigureAdded,
    /// A currency or a unit of measure is missing, or another stands in its place.
    Unit,
    /// A date, a time of day or its zone is missing, or another stands in its place.
    Time,
    /// The source denies and the output does not, or the other way round.
    Polarity,
    /// A name of the source is missing, or another stands in its place; or a country or city stands in
    /// the output that the article does not speak of.
    Name,
    /// A name has another form than elsewhere in the article.
    NameVaries,
    /// The glossary says how a term of the source is translated, and that is missing.
    GlossaryTermMissing,
    /// The output has a form that the glossary forbids.
    GlossaryTermForbidden,
    /// A summary states a figure that the article does not have.
    UnsupportedFigure,
    /// A summary states a name that the article does not have.
    UnsupportedName,
    /// No sentence of the article says what a sentence of the summary says.
    UnsupportedSentence,
    /// A summary has fewer sentences than were asked for.
    TooFewSentences,
    /// A summary has more words than were asked for.
    TooLong,
    /// A sentence of the article stands where the model's own could not be supported.
    Extracted,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 25] = [
        Self::Empty,
        Self::WrongScript,
        Self::CopiedSource,
        Self::Loop,
        Self::Preamble,
        Self::Truncated,
        Self::LengthRatio,
        Self::SentenceMissing,
        Self::SentenceAdded,
        Self::Quotation,
        Self::Figures,
        Self::FigureAdded,
        Self::Unit,
        Self::Time,
        Self::Polarity,
        Self::Name,
        Self::NameVaries,
        Self::GlossaryTermMissing,
        Self::GlossaryTermForbidden,
        Self::UnsupportedFigure,
        Self::UnsupportedName,
        Self::UnsupportedSentence,
        Self::TooFewSentences,
        Self::TooLong,
        Self::Extracted,
    ];

    /// The code in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::WrongScript => "wrong_script",
            Self::CopiedSource => "copied_source",
            Self::Loop => "loop",
            Self::Preamble => "preamble",
            Self::Truncated => "truncated",
            Self::LengthRatio => "length_ratio",
            Self::SentenceMissing => "sentence_missing",
            Self::SentenceAdded => "sentence_added",
            Self::Quotation => "quotation",
            Self::Figures => "figures",
            Self::FigureAdded => "figure_added",
            Self::Unit => "unit",
            Self::Time => "time",
            Self::Polarity => "polarity",
            Self::Name => "name",
            Self::NameVaries => "name_varies",
            Self::GlossaryTermMissing => "glossary_term_missing",
            Self::GlossaryTermForbidden => "glossary_term_forbidden",
            Self::UnsupportedFigure => "unsupported_figure",
            Self::UnsupportedName => "unsupported_name",
            Self::UnsupportedSentence => "unsupported_sentence",
            Self::TooFewSentences => "too_few_sentences",
            Self::TooLong => "too_long",
            Self::Extracted => "extracted",
        }
    }

    /// Whether it holds a segment back or is only to be seen.
    pub fn severity(self) -> Severity {
        match self {
            Self::NameVaries | Self::Extracted => Severity::Notice,
            _ => Severity::Error,
        }
    }

    /// How bad it is beside others: of outputs that all fail, the one is kept whose findings weigh
    /// least together.
    pub fn weight(self) -> u32 {
        match self {
            Self::Empty => 100,
            Self::CopiedSource => 60,
            Self::WrongScript => 50,
            Self::Loop => 40,
            Self::Truncated | Self::SentenceMissing | Self::UnsupportedSentence => 30,
            Self::Preamble
            | Self::SentenceAdded
            | Self::Polarity
            | Self::UnsupportedFigure
            | Self::UnsupportedName => 20,
            Self::Figures
            | Self::FigureAdded
            | Self::Unit
            | Self::Time
            | Self::Name
            | Self::GlossaryTermMissing
            | Self::GlossaryTermForbidden => 15,
            Self::LengthRatio | Self::TooFewSentences | Self::TooLong | Self::Quotation => 10,
            Self::NameVaries | Self::Extracted => 1,
        }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// To be seen by who looks, and no reason to decode again or to hold the segment back.
    Notice,
    /// Decoded again; where it stays, the segment needs review.
    Error,
}

/// One thing that is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Finding {
    /// What is wrong.
    pub code: Code,
    /// Where in the source, in bytes; `None` where it is not of one place.
    pub source: Option<Range<usize>>,
    /// Where in the output, in bytes; `None` where it is not of one place, or missing.
    pub target: Option<Range<usize>>,
    /// For people: what was expected and what was found, in a few words. May be empty.
    pub note: String,
}

/// How bad findings are together, for choosing among outputs.
pub fn weight(findings: &[Finding]) -> u32 {
    findings.iter().map(|finding| finding.code.weight()).sum()
}

/// Whether any finding asks for another decoding.
pub fn fails(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|finding| finding.code.severity() == Severity::Error)
}

impl Finding {
    /// A finding about a text as a whole.
    pub fn whole(code: Code) -> Self {
        Self {
            code,
            source: None,
            target: None,
            note: String::new(),
        }
    }

    /// Something of the source that the output lacks.
    pub fn lost(code: Code, source: Range<usize>, note: impl Into<String>) -> Self {
        Self {
            source: Some(source),
            note: note.into(),
            ..Self::whole(code)
        }
    }

    /// Something of the output that the source does not have.
    pub fn stray(code: Code, target: Range<usize>, note: impl Into<String>) -> Self {
        Self {
            target: Some(target),
            note: note.into(),
            ..Self::whole(code)
        }
    }
}
