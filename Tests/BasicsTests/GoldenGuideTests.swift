import Foundation
import TestSupport
import Testing

/// Tests/Golden/README.md, held against the folder.
@Suite struct GoldenGuideTests {
  @Test func `every script that makes golden numbers stands in their guide, and no other`() throws {
    let folder = Reference.golden("")
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    let scripts = Set(paths.filter { $0.hasSuffix(".py") }.compactMap { $0.split(separator: "/").last })
    let guide = try String(contentsOf: folder.appendingPathComponent("README.md"), encoding: .utf8)
    let named = guide.split(whereSeparator: { !$0.isLetter && $0 != "_" && $0 != "." }).filter {
      $0.hasSuffix(".py")
    }
    #expect(scripts == Set(named))
  }
}
