package import LinearAlgebra
package import Models

/// Runs a body over batches of examples on several threads, and joins what each left in the order of the batches.
///
/// - Parameters:
///   - tokens: Examples are packed up to so many tokens.
///   - depth: Batches that a thread runs before threads wait for each other.
///   - body: The lane, the examples of its batch, and a workspace that was reset.
package func inBatches(
  _ examples: [TokenizedExample], tokens: Int, depth: Int = 1, _ workspaces: [Workspace],
  _ body: (Int, Range<Int>, Workspace) -> Void, joined: (Int, Range<Int>) throws -> Void
) rethrows {
  let batches = batches(examples, tokens: tokens)
  try inRounds(batches.count, lanes: workspaces.count, depth: depth) { lane, batch in
    workspaces[lane].reset()
    body(lane, batches[batch], workspaces[lane])
  } joined: { lane, batch in
    try joined(lane, batches[batch])
  }
}

/// Examples in order, as many in a batch as fit.
package func batches(_ examples: [TokenizedExample], tokens most: Int) -> [Range<Int>] {
  var batches: [Range<Int>] = []
  var start = 0
  var tokens = 0
  for (index, example) in examples.enumerated() {
    if index > start, tokens + example.ids.count > most {
      batches.append(start..<index)
      start = index
      tokens = 0
    }
    tokens += example.ids.count
  }
  return start < examples.count ? batches + [start..<examples.count] : batches
}

extension PackedBatch {
  /// Adds an example.
  mutating func append(_ example: TokenizedExample) {
    append(ids: example.ids, types: example.types, forks: example.answers?.forks ?? [])
  }

  /// Some examples end to end.
  package init(_ examples: some Collection<TokenizedExample>) {
    self.init()
    reserve(rows: examples.count, tokens: examples.reduce(0) { $0 + $1.ids.count })
    for example in examples { append(example) }
  }
}
