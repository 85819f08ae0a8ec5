import Experiment
import Foundation
import Reporting
import TestSupport
import Testing

/// The files of the sample, byte for byte: Tests/Golden/reporting, rewritten only with UPDATE_SNAPSHOTS=1.
@Suite struct ReportTests {
  @Test func `the files of the sample are as they were`() throws {
    let files = try Report.files(Sample.results)
    let folder = Reference.golden("reporting")
    if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] == "1" {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for file in files {
        try Data(file.text.utf8).write(to: folder.appendingPathComponent(file.name))
      }
    }
    let stored = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(stored == (files.map(\.name) + ["terminal.txt"]).sorted())
    for file in files {
      let expected = try Data(contentsOf: folder.appendingPathComponent(file.name))
      #expect(Data(file.text.utf8) == expected, "\(file.name) differs from its snapshot")
    }
  }
}
