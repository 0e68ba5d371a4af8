"""The small world that tiny-embed and tiny-rerank learn from: words, sentences, facts."""
