"""What all pages share: the shell around each, languages, texts, style sheets, modules."""
