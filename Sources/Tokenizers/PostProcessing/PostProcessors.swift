internal import Basics

extension StageKind where Stage == SpecialTokenTemplate? {
  static let template = StageKind("TemplateProcessing") { section throws(Diagnostic) in
    SpecialTokenTemplate(single: try section.parts("single"), pair: try section.parts("pair"))
  }
  static let bert = StageKind("BertProcessing") { section throws(Diagnostic) in
    SpecialTokenTemplate.bert(classID: try section.namedID("cls"), separatorID: try section.namedID("sep"))
  }
  static let roberta = StageKind("RobertaProcessing") { section throws(Diagnostic) in
    SpecialTokenTemplate.roberta(classID: try section.namedID("cls"), separatorID: try section.namedID("sep"))
  }
  /// Only trims the library's offsets.
  static let byteLevel = StageKind("ByteLevel") { _ throws(Diagnostic) in nil }
  static let sequence = StageKind("Sequence") { section throws(Diagnostic) in
    var found: SpecialTokenTemplate?
    for (index, part) in try section.sections("processors").enumerated() {
      guard let template = try [StageKind<SpecialTokenTemplate?>].postProcessors.read(part) else { continue }
      if found != nil {
        throw section.problem(
          "a second processor that adds special tokens is not supported", "processors.\(index)")
      }
      found = template
    }
    return found
  }
}

extension FileSection {
  /// How BertProcessing and RobertaProcessing write a token: `["[CLS]", 101]`.
  fileprivate func namedID(_ name: String) throws(Diagnostic) -> Int32 {
    guard let pair = members[name]?.list, pair.count == 2 else {
      throw problem("a pair of token and id is missing", name)
    }
    return try id(pair[1], name)
  }

  fileprivate func parts(_ name: String) throws(Diagnostic) -> [SpecialTokenTemplate.Part] {
    var parts: [SpecialTokenTemplate.Part] = []
    for (index, entry) in try sections(name).enumerated() {
      if let special = try entry.optionalSection("SpecialToken") {
        parts.append(
          .special(
            ids: try specialIDs(try special.text("id")), type: Int32(clamping: try special.integer("type_id"))
          ))
      } else if let sequence = try entry.optionalSection("Sequence") {
        let type = Int32(clamping: try sequence.integer("type_id"))
        switch try sequence.text("id") {
        case "A": parts.append(.first(type: type))
        case "B": parts.append(.second(type: type))
        case let other: throw problem("unknown sequence '\(other)'", "\(name).\(index)", hint: "known: A, B")
        }
      } else {
        throw problem("neither a SpecialToken nor a Sequence", "\(name).\(index)")
      }
    }
    return parts
  }

  private func specialIDs(_ token: String) throws(Diagnostic) -> [Int32] {
    guard let values = members["special_tokens"]?[token]?["ids"]?.list else {
      throw problem("no ids for the special token '\(token)'", "special_tokens")
    }
    var ids: [Int32] = []
    for value in values { ids.append(try id(value, "special_tokens.\(token).ids")) }
    return ids
  }
}
