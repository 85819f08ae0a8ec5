import Basics
import Foundation
import Testing

@Suite struct UserPathTests {
  @Test(arguments: [
    ("~", "/people/ada"), ("~/", "/people/ada"), ("~/data", "/people/ada/data"),
    ("~//data/./x", "/people/ada/data/x"),
    ("data/~", "data/~"), ("~ada/data", "~ada/data"), ("/data", "/data"), ("data", "data"), ("", ""),
  ])
  func `a tilde before a slash is the home folder, and nothing else is`(path: String, expanded: String) {
    #expect(UserPath.expanded(path, home: "/people/ada/") == expanded)
  }

  @Test func `without a home folder a tilde stays`() {
    #expect(UserPath.expanded("~/data", home: nil) == "~/data")
    #expect(UserPath.expanded("~/data", home: "") == "~/data")
  }

  @Test(arguments: [
    ("./../data", "../data"), ("././null", "null"), ("a//./b/", "a/b"), (".", "."), ("./", "."), ("/", "/"),
    ("/./a", "/a"), ("a/../b", "a/../b"), ("../a", "../a"), ("", ""), ("a.b/.c", "a.b/.c"),
  ])
  func `parts of a path that say nothing are left out`(path: String, cleaned: String) {
    #expect(UserPath.cleaned(path) == cleaned)
    #expect(UserPath.cleaned(cleaned) == cleaned)
  }

  @Test(arguments: [
    ENOSPC, EDQUOT, EFBIG, EACCES, EPERM, EROFS, ENAMETOOLONG, EMFILE, ENFILE, ENOTDIR, EEXIST, EISDIR,
  ])
  func `room is asked for where there is none, and only there`(number: Int32) throws {
    let remedy = try #require(SystemRefusal.remedy(number))
    #expect(remedy.contains("disk full") == [ENOSPC, EDQUOT].contains(number))
    #expect(SystemRefusal.remedy(EINTR) == nil)
  }
}
