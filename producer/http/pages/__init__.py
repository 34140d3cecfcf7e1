"""The cashier's pages: what each shows, with their templates, texts, style sheets and modules."""
