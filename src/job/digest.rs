//! What makes two jobs the same.

use sha2::{Digest, Sha256};

use crate::job::{Body, Job, Section, SectionKind};

impl Job {
    /// SHA-256 over all that decides what the answer says: the same job in another envelope has
    /// the same digest. Where and when the answer goes (`reply_to`, `priority`,
    /// `embargoed_until`, `expires`) has no part in it.
    pub fn digest(&self) -> [u8; 32] {
        let Self {
            id,
            article,
            targets,
            tasks,
            summary_sentences,
            summary_words,
            source_lang,
            revision,
            glossary_id,
            glossary,
            metadata,
            item,
            entities: _,
            priority: _,
            embargoed_until: _,
            expires: _,
            reply_to: _,
        } = self;
        let mut fields = Fields(Sha256::new());
        fields.text("presslate job 2");
        fields.text(id.as_str());
        fields.number(*revision);
        fields.count(targets.len());
        for target in targets {
            fields.text(target.tag());
        }
        fields.count(tasks.len());
        for task in tasks {
            fields.text(task.name());
        }
        for length in [summary_sentences, summary_words] {
            fields.optional(length.map(|length| length.to_string()).as_deref());
        }
        fields.optional(source_lang.map(crate::job::Lang::tag));
        fields.optional(article.title.as_deref());
        match &article.body {
            Body::Text(text) => {
                fields.text("text");
                fields.text(text);
            }
            Body::Html(html) => {
                fields.text("html");
                fields.text(html);
            }
            Body::Sections(sections) => {
                fields.text("sections");
                fields.count(sections.len());
                for section in sections {
                    fields.section(section);
                }
            }
        }
        fields.optional(glossary_id.as_deref());
        fields.count(glossary.len());
        for term in glossary {
            fields.text(&term.source);
            fields.text(&term.target);
            fields.optional(term.lang.map(crate::job::Lang::tag));
        }
        fields.optional(metadata.as_ref().map(crate::job::Metadata::as_json));
        // The answer has an item made of it; a job without one has the digest that it had before.
        if let Some(item) = item {
            fields.text("item");
            fields.text(&item.to_string());
        }
        fields.0.finalize().into()
    }
}

/// Hashes fields one after the other, each with its length, so that moving a byte from one to the
/// next makes another digest.
struct Fields(Sha256);

impl Fields {
    fn number(&mut self, number: u64) {
        self.0.update(number.to_be_bytes());
    }

    fn count(&mut self, count: usize) {
        self.number(u64::try_from(count).unwrap_or(u64::MAX));
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text);
    }

    /// What a section need not have comes behind a name that no next field can be taken for, so that
    /// one without has the digest that it had before there was any.
    fn section(&mut self, section: &Section) {
        let Section {
            kind,
            text,
            marks,
            within,
            level,
        } = section;
        self.text(kind_name(*kind));
        self.text(text);
        for mark in marks {
            self.text("mark");
            self.text(mark.tag.name());
            self.count(mark.start);
            self.count(mark.end);
            self.count(mark.attributes.len());
            for (name, value) in &mark.attributes {
                self.text(name);
                self.text(value);
            }
        }
        for container in within {
            self.text("within");
            self.text(container.tag.name());
            self.number(container.id.into());
        }
        if let Some(level) = level {
            self.text("level");
            self.number(u64::from(*level));
        }
    }

    fn optional(&mut self, text: Option<&str>) {
        self.count(usize::from(text.is_some()));
        if let Some(text) = text {
            self.text(text);
        }
    }
}

fn kind_name(kind: SectionKind) -> &'static str {
    match kind {
        SectionKind::Title => "title",
        SectionKind::Lead => "lead",
        SectionKind::Heading => "heading",
        SectionKind::Paragraph => "paragraph",
        SectionKind::Quote => "quote",
        SectionKind::Caption => "caption",
        SectionKind::ListItem => "list_item",
    }
}
